#include "collector/problems/problems.h"

#include "common/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 16U

static void set_text(char *to, size_t size, const char *text)
{
    (void)snprintf(to, size, "%s", text != NULL ? text : "");
}

/* ---- adding and removing ---- */

static bool make_room(struct problems *problems)
{
    if (problems->count < problems->room)
        return true;
    unsigned room = problems->room > 0 ? 2 * problems->room : ROOM_FIRST;
    struct problem **sorted = realloc(problems->sorted, room * sizeof(struct problem *));
    if (sorted == NULL)
        return false;
    problems->sorted = sorted;
    problems->room = room;
    return true;
}

/* NULL: out of memory. */
static struct problem *add(struct problems *problems, const struct problem_key *key, int64_t since_ms)
{
    struct problem *problem = make_room(problems) ? calloc(1, sizeof *problem) : NULL;

    if (problem == NULL)
        return NULL;
    problem->key = *key;
    problem->since_ms = since_ms;
    HASH_ADD(hh, problems->by_key, key, PROBLEM_KEY_LEN, problem);
    if (problem->hh.tbl == NULL) {
        free(problem);
        return NULL;
    }
    problems->sorted[problems->count++] = problem;
    return problem;
}

static void free_problem(struct problems *problems, struct problem *problem)
{
    HASH_DEL(problems->by_key, problem); /* NOLINT(clang-analyzer-unix.Malloc): nothing is before the first one */
    free(problem);
}

void problems_deinit(struct problems *problems)
{
    struct problem *problem = NULL;
    struct problem *next = NULL;

    HASH_ITER (hh, problems->by_key, problem, next)
        free_problem(problems, problem);
    free(problems->sorted);
    *problems = (struct problems){0};
}

/* ---- a look ---- */

void problems_begin_look(struct problems *problems, int64_t wall_ms)
{
    problems->look++;
    problems->wall_ms = wall_ms;
    problems->left_out = 0;
}

void problems_note(struct problems *problems, const struct problem_note *note)
{
    struct problem_key key = {.kind = note->kind};
    struct problem *problem = NULL;

    set_text(key.group, sizeof key.group, note->group);
    set_text(key.subject, sizeof key.subject, note->subject);
    HASH_FIND(hh, problems->by_key, &key, PROBLEM_KEY_LEN, problem);
    if (problem == NULL)
        problem = add(problems, &key, problems->wall_ms);
    if (problem == NULL) {
        problems->left_out++;
        return;
    }
    if (note->since_ms != 0)
        problem->since_ms = note->since_ms;
    problem->look = problems->look;
    set_text(problem->node, sizeof problem->node, note->node);
    set_text(problem->text, sizeof problem->text, note->text);
    parse_to_ascii(problem->text);
}

static enum problem_severity severity_of(const struct problem *problem)
{
    return problem_kinds[problem->key.kind].severity;
}

static bool is_shown(const struct problem *problem)
{
    return problem->is_firing || severity_of(problem) != PROBLEM_INFO;
}

static int compare_problems(const void *a, const void *b)
{
    const struct problem *one = *(const struct problem *const *)a;
    const struct problem *other = *(const struct problem *const *)b;

    if (is_shown(one) != is_shown(other))
        return is_shown(one) ? -1 : 1;
    if (severity_of(one) != severity_of(other))
        return severity_of(one) < severity_of(other) ? -1 : 1;
    if (one->is_firing != other->is_firing)
        return one->is_firing ? -1 : 1;
    if (one->since_ms != other->since_ms)
        return one->since_ms < other->since_ms ? -1 : 1;
    return memcmp(&one->key, &other->key, PROBLEM_KEY_LEN);
}

void problems_end_look(struct problems *problems)
{
    struct problem *problem = NULL;
    struct problem *next = NULL;

    problems->count = 0;
    problems->shown = 0;
    HASH_ITER (hh, problems->by_key, problem, next) {
        if (problem->look != problems->look) {
            free_problem(problems, problem);
            continue;
        }
        problem->is_firing = problems->wall_ms - problem->since_ms >= problem_kinds[problem->key.kind].for_ms;
        problems->shown += is_shown(problem);
        problems->sorted[problems->count++] = problem;
    }
    if (problems->count > 0)
        qsort(problems->sorted, problems->count, sizeof(struct problem *), compare_problems);
}

unsigned problems_count(const struct problems *problems, enum problem_severity severity)
{
    unsigned count = 0;

    for (unsigned i = 0; i < problems->shown; i++)
        count += severity_of(problems->sorted[i]) == severity;
    return count;
}
