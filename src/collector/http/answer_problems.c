#include "collector/http/answer_problems.h"

#include "collector/http/answer.h"
#include "collector/problems/problem_json.h"

#include <inttypes.h>
#include <stdio.h>

#define LISTED_MAX 256U

static bool put_problem(struct answer *answer, unsigned at, bool first)
{
    const struct problem *problem = answer->world->problems->sorted[at];

    writer_put(&answer->writer, first ? "\n{" : ",\n{");
    problem_json_put(&answer->writer, problem);
    writer_putf(&answer->writer, ",\"firing\":%s}", problem->is_firing ? "true" : "false");
    return true;
}

/* The most severe ones come first, so that they are not left out for others. */
void answer_problems_make(struct answer *answer)
{
    unsigned shown = answer->world->problems->shown;
    unsigned listed = shown < LISTED_MAX ? shown : LISTED_MAX;
    char end[64];

    if (!answer->cursor.opened)
        writer_putf(&answer->writer, "{\"now_ms\":%" PRId64 ",\"problems\":[", answer->begun.wall_ms);
    answer->cursor.opened = true;
    if (!answer_put_items(answer, listed, put_problem))
        return;
    snprintf(end, sizeof end, "\n],\"more\":%u}\n", shown - listed + answer->world->problems->left_out);
    answer_end(answer, end);
}
