#include "cli/describe_command.h"

#include "cli/describe_text.h"
#include "cli/exit_status.h"
#include "cli/reader.h"
#include "cli/status_text.h"

#include <inttypes.h>

#define DECISIONS 10                 /* that many of the latest are shown, */
#define PAST_MS   INT64_C(604800000) /* of a week */

enum { KEY_JSON = REACH_OWN };

struct describe {
    struct reader reader;
    const char *group;
    bool json;
    json_t *groups;
    json_t *problems;
    json_t *decisions;
};

static int on_flag(int key, const char *value, void *arg)
{
    struct describe *describe = arg;

    if (!reach_take(&describe->reader.reach, key, value))
        describe->json = true;
    return 0;
}

static int on_operand(int key, const char *value, void *arg)
{
    struct describe *describe = arg;

    (void)key;
    return reader_take_group(&describe->reader, &describe->group, value);
}

/* Returns 0 or the exit status. */
static int get_all(struct describe *describe)
{
    struct reader *reader = &describe->reader;
    int result = reader_get(reader, "groups", &describe->groups, "/api/v1/groups");

    if (result == 0 && status_text_find(describe->groups, describe->group) == NULL)
        result = reader_fail_unknown(reader, describe->group);
    if (result == 0)
        result = reader_get(reader, "problems", &describe->problems, "/api/v1/problems");
    if (result == 0)
        result = reader_get(reader, "decisions", &describe->decisions,
                            "/api/v1/decisions?group=%s&from=%" PRId64 "&action=up,down&limit=%d", describe->group,
                            describe->reader.view.now_ms - PAST_MS, DECISIONS);
    return result;
}

/* Returns the exit status. */
static int show(const struct describe *describe)
{
    const json_t *group = status_text_find(describe->groups, describe->group);
    const json_t *decisions = json_object_get(describe->decisions, "decisions");

    if (!describe->json)
        return describe_text_print(group, describe->problems, decisions, &describe->reader.view) == 0
                   ? EXIT_STATUS_DONE
                   : EXIT_STATUS_UNREAD;
    json_t *all = json_pack("{s:O, s:O, s:O}", "group", group, "problems",
                            json_object_get(describe->problems, "problems"), "decisions", decisions);
    reader_print_json(all);
    json_decref(all);
    return EXIT_STATUS_DONE;
}

static const struct argp_option options[] = {READER_JSON_FLAG(KEY_JSON), REACH_FLAGS, FLAGS_STANDARD, {0}};

int describe_command(int argc, char **argv)
{
    struct describe describe = {0};
    const struct flags flags = {
        .program = "headroom describe",
        .about = "Describes a group: its nodes, resources, settings, forecasts and how good they were, conditions, "
                 "signals, and the latest decisions to add or remove nodes.",
        .options = options,
        .on_flag = on_flag,
        .operands = "GROUP",
        .on_operand = on_operand,
        .arg = &describe};

    reader_init(&describe.reader, flags.program);
    int result = reader_open(&describe.reader, &flags, argc, argv);
    if (result != 0)
        return result;
    if (describe.group == NULL)
        result = reader_fail(&describe.reader, EXIT_STATUS_UNREAD, "the group is missing; see --help");
    else
        result = get_all(&describe);
    if (result == 0)
        result = show(&describe);
    json_decref(describe.groups);
    json_decref(describe.problems);
    json_decref(describe.decisions);
    return reader_close(&describe.reader, result);
}
