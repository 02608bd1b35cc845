#include "cli/nodes_command.h"

#include "cli/exit_status.h"
#include "cli/node_text.h"
#include "cli/reader.h"
#include "cli/status_text.h"
#include "common/error_text.h"

#include <errno.h>
#include <string.h>

enum { KEY_GROUP = REACH_OWN, KEY_STATE, KEY_SORT, KEY_JSON };

struct nodes {
    struct reader reader;
    const char *group; /* NULL: all */
    const char *state; /* NULL: all */
    unsigned by;
    bool json;
};

static int take_state(struct nodes *nodes, const char *value)
{
    static const char *const states[] = {"new", "live", "returning", "missing", "leaving", "unreported", "gone"};

    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strcmp(value, states[i]) == 0) {
            nodes->state = states[i];
            return 0;
        }
    return error_text_set(nodes->reader.error, sizeof nodes->reader.error, -EINVAL,
                          "--state must be new, live, returning, missing, leaving, unreported or gone, got \"%.40s\"",
                          value);
}

static int on_flag(int key, const char *value, void *arg)
{
    struct nodes *nodes = arg;

    if (reach_take(&nodes->reader.reach, key, value))
        return 0;
    if (key == KEY_GROUP)
        return reader_take_group(&nodes->reader, &nodes->group, value);
    if (key == KEY_STATE)
        return take_state(nodes, value);
    if (key == KEY_SORT)
        return node_text_parse_by(value, &nodes->by, nodes->reader.error, sizeof nodes->reader.error);
    nodes->json = true;
    return 0;
}

/* A group that is known may have no nodes, or none in the state. Returns 0 or the exit status. */
static int check_group(struct nodes *nodes)
{
    json_t *groups = NULL;
    int result = reader_get(&nodes->reader, "groups", &groups, "/api/v1/groups");

    if (result == 0 && status_text_find(groups, nodes->group) == NULL)
        result = reader_fail_unknown(&nodes->reader, nodes->group);
    json_decref(groups);
    return result;
}

static int print(struct nodes *nodes, const json_t *document)
{
    bool is_empty = json_array_size(json_object_get(document, "nodes")) == 0;
    int result = is_empty && nodes->group != NULL ? check_group(nodes) : 0;

    if (result != 0)
        return result;
    if (nodes->json)
        reader_print_json(document);
    else if (is_empty)
        (void)fprintf(stderr, "No nodes.\n");
    else if (node_text_print(document, nodes->by, &nodes->reader.view) < 0)
        return reader_fail(&nodes->reader, EXIT_STATUS_UNREAD, "out of memory");
    return EXIT_STATUS_DONE;
}

/* Returns the exit status. */
static int show(struct nodes *nodes)
{
    json_t *document = NULL;
    char columns[NODE_TEXT_COLUMNS_MAX];

    node_text_columns(nodes->by, columns);
    int result = reader_get(&nodes->reader, "nodes", &document, "/api/v1/nodes?columns=%s%s%s%s%s", columns,
                            nodes->group != NULL ? "&group=" : "", nodes->group != NULL ? nodes->group : "",
                            nodes->state != NULL ? "&state=" : "", nodes->state != NULL ? nodes->state : "");
    if (result != 0)
        return result;
    result = print(nodes, document);
    json_decref(document);
    return result;
}

static const struct argp_option options[] = {
    {.name = "group", .key = KEY_GROUP, .arg = "NAME", .doc = "Only of this group"},
    {.name = "state",
     .key = KEY_STATE,
     .arg = "STATE",
     .doc = "Only in this state: new, live, returning, missing, leaving, unreported or gone"},
    {.name = "sort",
     .key = KEY_SORT,
     .arg = "METRIC",
     .doc = "By group (the default), id, state, age, or a metric such as cpu, memory or net_rx, the largest first"},
    READER_JSON_FLAG(KEY_JSON),
    REACH_FLAGS,
    FLAGS_STANDARD,
    {0}};

int nodes_command(int argc, char **argv)
{
    struct nodes nodes = {0};
    const struct flags flags = {
        .program = "headroom nodes",
        .about = "Lists the nodes with the newest values of their metrics. AGE is the time since the newest sample.",
        .options = options,
        .on_flag = on_flag,
        .arg = &nodes};

    reader_init(&nodes.reader, flags.program);
    int result = reader_open(&nodes.reader, &flags, argc, argv);
    if (result != 0)
        return result;
    result = show(&nodes);
    return reader_close(&nodes.reader, result);
}
