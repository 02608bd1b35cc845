#include "cli/why_command.h"

#include "cli/exit_status.h"
#include "cli/given_time.h"
#include "cli/reader.h"
#include "cli/status_text.h"
#include "cli/why_text.h"

#include <inttypes.h>

#define PAST_MS INT64_C(86400000) /* an older decision than that is not the one in force */

enum { KEY_AT = REACH_OWN, KEY_JSON };

struct why {
    struct reader reader;
    const char *group;
    int64_t at_ms; /* 0: now */
    bool json;
};

static int on_flag(int key, const char *value, void *arg)
{
    struct why *why = arg;

    if (reach_take(&why->reader.reach, key, value))
        return 0;
    if (key == KEY_AT)
        return given_time_parse_past("--at", value, why->reader.view.now_ms, &why->at_ms, why->reader.error,
                                     sizeof why->reader.error);
    why->json = true;
    return 0;
}

static int on_operand(int key, const char *value, void *arg)
{
    struct why *why = arg;

    (void)key;
    return reader_take_group(&why->reader, &why->group, value);
}

static void print(const struct why *why, const json_t *decision, const json_t *group)
{
    if (why->json)
        reader_print_json(decision);
    else
        why_text_print(decision, group, &why->reader.view);
}

/* The newest decision that had been recorded by then. */
static int show_past(struct why *why)
{
    json_t *document = NULL;
    char when[VIEW_TIME_LEN];

    int result = reader_get(&why->reader, "decisions", &document,
                            "/api/v1/decisions?group=%s&from=%" PRId64 "&to=%" PRId64 "&limit=1", why->group,
                            why->at_ms - PAST_MS, why->at_ms + 1);
    if (result != 0)
        return result;
    const json_t *decision = json_array_get(json_object_get(document, "decisions"), 0);
    view_time(&why->reader.view, why->at_ms, when);
    if (decision != NULL)
        print(why, decision, NULL);
    else
        result = reader_fail(&why->reader, EXIT_STATUS_NOT_FOUND,
                             "no decision about a group %s was recorded in the 24 hours before %s", why->group, when);
    json_decref(document);
    return result;
}

/* The last decision, and the group as it is. */
static int show_last(struct why *why)
{
    json_t *groups = NULL, *document = NULL;

    int result = reader_get(&why->reader, "groups", &groups, "/api/v1/groups");
    if (result != 0)
        return result;
    const json_t *group = status_text_find(groups, why->group);
    if (group == NULL)
        result = reader_fail_unknown(&why->reader, why->group);
    else
        result = reader_get(&why->reader, NULL, &document, "/api/v1/groups/%s/decision", why->group);
    const json_t *decision = json_object_get(document, "decision");
    if (result == 0 && json_is_object(decision))
        print(why, decision, group);
    else if (result == 0)
        result =
            reader_fail(&why->reader, EXIT_STATUS_NOT_FOUND, "nothing has been decided about group %s yet", why->group);
    json_decref(document);
    json_decref(groups);
    return result;
}

static const struct argp_option options[] = {{.name = "at",
                                              .key = KEY_AT,
                                              .arg = "TIME",
                                              .doc = "The decision that was in force then: a local time such as 02:13, "
                                                     "the last one, or \"2026-11-28 02:13\", or a time ago such as 2h"},
                                             READER_JSON_FLAG(KEY_JSON),
                                             REACH_FLAGS,
                                             FLAGS_STANDARD,
                                             {0}};

int why_command(int argc, char **argv)
{
    struct why why = {0};
    const struct flags flags = {
        .program = "headroom why",
        .about = "Explains the decision about a group that is in force, or was: why there are not more nodes, why not "
                 "fewer, and all that was taken into account.",
        .options = options,
        .on_flag = on_flag,
        .operands = "GROUP",
        .on_operand = on_operand,
        .arg = &why};

    reader_init(&why.reader, flags.program);
    int result = reader_open(&why.reader, &flags, argc, argv);
    if (result != 0)
        return result;
    if (why.group == NULL)
        result = reader_fail(&why.reader, EXIT_STATUS_UNREAD, "the group is missing; see --help");
    else
        result = why.at_ms > 0 ? show_past(&why) : show_last(&why);
    return reader_close(&why.reader, result);
}
