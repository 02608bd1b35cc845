/* What is read of the file `alerts` is within its bounds, and written again it is read as the same. */
#include "collector/problems/alerts_file.h"
#include "common/parse.h"
#include "fuzz/fuzz.h"

#include <string.h>

static bool is_name(const char *text)
{
    return *text == '\0' || parse_name_ok(text, strlen(text));
}

static void check(const struct alerts *alerts)
{
    unsigned count = 0;

    for (const struct alert *alert = alerts->by_key; alert != NULL; alert = alert->hh.next, count++) {
        const struct problem *problem = &alert->problem;
        MUST(problem->key.kind < PROBLEM_KIND_COUNT && alert->is_open && alert->is_restored);
        MUST(is_name(problem->key.group) && is_name(problem->key.subject) && is_name(problem->node));
        MUST(parse_printable_ok(problem->text) && problem->since_ms > 0 && alert->sent_ms > 0);
    }
    MUST(count == alerts->count && count <= ALERTS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct alerts read = {0}, again = {0};

    if (alerts_file_parse((const char *)data, size, &read) == 0) {
        size_t len = 0, again_len = 0;
        check(&read);
        char *text = alerts_file_text(&read, &len);
        MUST(text != NULL && alerts_file_parse(text, len, &again) == 0 && again.count == read.count);
        char *again_text = alerts_file_text(&again, &again_len);
        MUST(again_text != NULL && again_len == len && memcmp(again_text, text, len) == 0);
        free(again_text);
        free(text);
    } else {
        MUST(read.count == 0 && read.by_key == NULL);
    }
    alerts_deinit(&again);
    alerts_deinit(&read);
    return 0;
}
