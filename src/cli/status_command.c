#include "cli/status_command.h"

#include "cli/exit_status.h"
#include "cli/reader.h"
#include "cli/status_text.h"

enum { KEY_JSON = REACH_OWN };

struct status {
    struct reader reader;
    const char *group; /* NULL: all */
    bool json;
    json_t *fleet;
    json_t *problems;
    json_t *groups;
};

static int on_flag(int key, const char *value, void *arg)
{
    struct status *status = arg;

    if (!reach_take(&status->reader.reach, key, value))
        status->json = true;
    return 0;
}

static int on_operand(int key, const char *value, void *arg)
{
    struct status *status = arg;

    (void)key;
    return reader_take_group(&status->reader, &status->group, value);
}

/* Returns 0 or the exit status. */
static int get_all(struct status *status)
{
    int rc = reader_get(&status->reader, "problems", &status->problems, "/api/v1/problems");

    if (rc == 0)
        rc = reader_get(&status->reader, "groups", &status->groups, "/api/v1/groups");
    if (rc == 0)
        rc = reader_get(&status->reader, NULL, &status->fleet, "/api/v1/fleet");
    return rc;
}

static void print_json(const struct status *status)
{
    json_t *all =
        json_pack("{s:O, s:O, s:O}", "fleet", status->fleet, "problems", json_object_get(status->problems, "problems"),
                  "groups", json_object_get(status->groups, "groups"));

    reader_print_json(all);
    json_decref(all);
}

/* Returns the exit status. */
static int show(struct status *status)
{
    const struct status_documents documents = {.collector = status->reader.reach.collector,
                                               .fleet = status->fleet,
                                               .problems = status->problems,
                                               .groups = status->groups,
                                               .group = status->group};

    if (status->group != NULL && status_text_find(status->groups, status->group) == NULL)
        return reader_fail_unknown(&status->reader, status->group);
    if (status->json)
        print_json(status);
    else if (status_text_print(&documents, &status->reader.view) < 0)
        return reader_fail(&status->reader, EXIT_STATUS_UNREAD, "out of memory");
    return status_text_is_ill(&documents) ? EXIT_STATUS_ILL : EXIT_STATUS_DONE;
}

static const struct argp_option options[] = {READER_JSON_FLAG(KEY_JSON), REACH_FLAGS, FLAGS_STANDARD, {0}};

int status_command(int argc, char **argv)
{
    struct status status = {0};
    const struct flags flags = {
        .program = "headroom status",
        .about =
            "Shows the state of the fleet on one screen: what is wrong first, with its reason, and then the groups. "
            "With GROUP, that one, with its conditions, its signals and what was ordered by hand."
            "\vThe exit status is 0 if nothing is wrong, 1 if a problem is critical or a warning, and 2 if the "
            "collector can't be reached.",
        .options = options,
        .on_flag = on_flag,
        .operands = "[GROUP]",
        .on_operand = on_operand,
        .arg = &status};

    reader_init(&status.reader, flags.program);
    int result = reader_open(&status.reader, &flags, argc, argv);
    if (result != 0)
        return result;
    result = get_all(&status);
    if (result == 0)
        result = show(&status);
    json_decref(status.fleet);
    json_decref(status.problems);
    json_decref(status.groups);
    return reader_close(&status.reader, result);
}
