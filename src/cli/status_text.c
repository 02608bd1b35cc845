#include "cli/status_text.h"

#include "cli/group_text.h"
#include "cli/json_field.h"
#include "cli/problem_text.h"
#include "cli/table.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX     256U /* bytes of the names of a group's problems */
#define GROUP_ROWS    6U   /* that many rows of the table of groups are always shown */
#define HEADING_LINES 2U   /* of the problems: the heading, and an empty line below them */
#define TABLE_LINES                                                                                                    \
    4U /* beside the rows of the table: its titles, how many are left out, and a prompt of two lines                   \
        */

static const struct table_column columns[] = {
    {.title = "GROUP", .cut = 12},
    {.title = "LIVE", .is_right = true},
    {.title = "MISSING", .is_right = true, .rank = 6},
    {.title = "DESIRED", .is_right = true},
    {.title = "MIN", .is_right = true, .rank = 2},
    {.title = "MAX", .is_right = true, .rank = 2},
    {.title = "CPU", .is_right = true, .rank = 1, .is_optional = true},
    {.title = "MEM", .is_right = true, .rank = 3, .is_optional = true},
    {.title = "DISK", .is_right = true, .rank = 4, .is_optional = true},
    {.title = "APP", .is_right = true, .rank = 1, .is_optional = true},
    {.title = "FS", .is_right = true, .rank = 5, .is_optional = true},
    {.title = "MODE", .rank = 1},
    {.title = "PROBLEMS", .cut = 12},
    {.title = "WHY", .cut = 24, .rank = 7},
};

/* ---- the collector ---- */

static void put_nodes(const json_t *fleet, const struct view *view)
{
    const json_t *count = NULL;
    const char *state = NULL;
    double all = 0.0;
    bool is_first = true;

    json_object_foreach((json_t *)json_object_get(fleet, "nodes"), state, count)
    {
        all += json_number_value(count);
    }
    (void)fprintf(view->out, "%.0f node%s", all, all == 1.0 ? "" : "s");
    json_object_foreach((json_t *)json_object_get(fleet, "nodes"), state, count)
    {
        if (json_integer_value(count) == 0)
            continue;
        (void)fprintf(view->out, "%s%" JSON_INTEGER_FORMAT " %s", is_first ? ": " : ", ", json_integer_value(count),
                      state);
        is_first = false;
    }
    (void)fprintf(view->out, "\n");
}

/* The rows are on the collector's disk, and how old the oldest one is that the database does not have. */
static void put_forwarder(const json_t *forwarder, const struct view *view)
{
    const char *problem = json_string_value(json_object_get(forwarder, "problem"));
    char behind[VIEW_AGE_LEN];

    view_age(json_field_integer(forwarder, "behind_ms"), behind);
    (void)fprintf(view->out, "forwarder %s: %s, %s behind", json_field_text(forwarder, "name"),
                  json_field_text(forwarder, "condition"), behind);
    if (json_field_integer(forwarder, "lost_files") > 0)
        (void)fprintf(view->out, ", %" PRId64 " files deleted before they were sent",
                      json_field_integer(forwarder, "lost_files"));
    (void)fprintf(view->out, "%s%s\n", problem != NULL ? ": " : "", problem != NULL ? problem : "");
}

/* Returns the number of lines. */
static unsigned put_collector(const struct status_documents *documents, const struct view *view)
{
    const json_t *forwarders = json_object_get(documents->fleet, "forwarders");
    const json_t *forwarder = NULL;
    char now[VIEW_TIME_LEN], age[VIEW_AGE_LEN];
    size_t i = 0;

    view_time(view, view->now_ms, now);
    view_age(view->now_ms - json_field_integer(documents->fleet, "started_ms"), age);
    (void)fprintf(view->out, "%s  headroom-collector %s, up %s\n", now, json_field_text(documents->fleet, "version"),
                  age);
    (void)fprintf(view->out, "%s  ", documents->collector);
    put_nodes(documents->fleet, view);
    json_array_foreach(forwarders, i, forwarder)
    {
        put_forwarder(forwarder, view);
    }
    return 2 + (unsigned)json_array_size(forwarders);
}

/* ---- the groups ---- */

static bool is_shown(const struct status_documents *documents, const json_t *group)
{
    return documents->group == NULL || strcmp(json_field_text(group, "name"), documents->group) == 0;
}

/* What is wrong, and what a person has ordered. */
static void put_names(const json_t *problems, const json_t *group, char text[NAMES_MAX])
{
    const json_t *override = NULL;
    size_t i = 0;

    problem_text_names(problems, json_field_text(group, "name"), text, NAMES_MAX);
    json_array_foreach(json_object_get(group, "overrides"), i, override)
    {
        size_t len = strcmp(text, "-") == 0 ? 0 : strlen(text);
        (void)snprintf(text + len, NAMES_MAX - len, "%s%s%s",
                       i > 0     ? " and "
                       : len > 0 ? ", "
                                 : "",
                       i > 0 ? "" : "by hand: ", json_field_text(override, "kind"));
    }
}

static void add_number(struct table *table, const json_t *object, const char *name)
{
    char text[JSON_FIELD_LEN];

    json_field_put_number(object, name, text);
    table_add(table, VIEW_PLAIN, "%s", text);
}

static void add_share(struct table *table, const json_t *object, const char *name)
{
    char text[JSON_FIELD_LEN];

    json_field_put_share(object, name, text);
    table_add(table, VIEW_PLAIN, "%s", text);
}

/* In the order of the columns. */
static void add_group(struct table *table, const json_t *problems, const json_t *group)
{
    static const char *const resources[] = {"cpu", "memory", "disk", "app"};
    const char *name = json_field_text(group, "name");
    enum view_colour colour = problem_text_colour(problem_text_worst(problems, name));
    const json_t *nodes = json_object_get(group, "nodes");
    int64_t missing = json_field_integer(nodes, "missing");
    char names[NAMES_MAX];

    put_names(problems, group, names);
    table_add(table, colour, "%s", name);
    add_number(table, nodes, "live");
    table_add(table, missing > 0 ? VIEW_YELLOW : VIEW_PLAIN, "%" PRId64, missing);
    add_number(table, group, "desired");
    add_number(table, group, "min");
    add_number(table, group, "max");
    for (size_t r = 0; r < sizeof resources / sizeof *resources; r++)
        add_share(table, json_object_get(group, "utilisation"), resources[r]);
    add_share(table, json_object_get(group, "fs"), "fullest");
    table_add(table, VIEW_PLAIN, "%s", json_field_text(group, "mode"));
    table_add(table, colour, "%s", names);
    table_add(table, VIEW_PLAIN, "%s", group_text_reason(group));
}

/* A group and the worst of its problems. */
struct ranked {
    const json_t *group;
    enum problem_severity worst;
};

static int compare(const void *a, const void *b)
{
    const struct ranked *left = a;
    const struct ranked *right = b;

    if (left->worst != right->worst)
        return left->worst < right->worst ? -1 : 1;
    return strcmp(json_field_text(left->group, "name"), json_field_text(right->group, "name"));
}

/* Those with the worst problems come first. */
static int fill(struct table *table, const struct status_documents *documents)
{
    const json_t *groups = json_object_get(documents->groups, "groups");
    struct ranked *ranked = calloc(json_array_size(groups) + 1, sizeof *ranked);
    const json_t *group = NULL;
    size_t count = 0;
    size_t i = 0;

    if (ranked == NULL)
        return -ENOMEM;
    json_array_foreach(groups, i, group)
    {
        if (is_shown(documents, group))
            ranked[count++] =
                (struct ranked){group, problem_text_worst(documents->problems, json_field_text(group, "name"))};
    }
    qsort(ranked, count, sizeof *ranked, compare);
    for (i = 0; i < count; i++)
        add_group(table, documents->problems, ranked[i].group);
    free(ranked);
    return 0;
}

/* ---- the screen ---- */

/* Returns the number of lines, with the heading and the empty line below. */
static unsigned put_problems(const struct status_documents *documents, const struct view *view, unsigned lines_max)
{
    bool is_well = problem_text_worst(documents->problems, documents->group) == PROBLEM_NONE;

    view_colour(view, is_well ? VIEW_GREEN : VIEW_BOLD);
    (void)fprintf(view->out, is_well ? "No problems." : "Problems");
    view_colour(view, VIEW_PLAIN);
    (void)fprintf(view->out, "\n");
    unsigned lines = is_well ? 0 : problem_text_print(documents->problems, documents->group, view, lines_max);
    (void)fprintf(view->out, "\n");
    return lines + 2;
}

static int put_groups(const struct table *table, const struct view *view, unsigned rows_max)
{
    size_t groups = table_rows(table);

    if (groups == 0) {
        (void)fprintf(view->out, "No groups: no agent has connected, and the configuration names none.\n");
        return 0;
    }
    int rc = table_print(table, view, rows_max);
    if (rc == 0 && groups > rows_max)
        (void)fprintf(view->out, "and %zu more groups: headroom top, or headroom status | less\n", groups - rows_max);
    return rc;
}

/* One group has no more lines than it needs. For all groups: the problems leave a few rows to the groups, which get
 * what the problems do not need. The prompt has a line, too. */
static int put_screen(const struct status_documents *documents, const struct view *view, const struct table *table)
{
    unsigned rows_min = table_rows(table) < GROUP_ROWS ? (unsigned)table_rows(table) : GROUP_ROWS;
    bool is_limited = view->height > 0 && documents->group == NULL;
    unsigned used = put_collector(documents, view) + 1;

    (void)fprintf(view->out, "\n");
    unsigned around = used + HEADING_LINES + TABLE_LINES;
    unsigned room = around + rows_min < view->height ? view->height - around - rows_min : 1;
    used += put_problems(documents, view, is_limited ? room : UINT_MAX);
    unsigned rows = used + TABLE_LINES + rows_min < view->height ? view->height - used - TABLE_LINES : rows_min;
    return put_groups(table, view, is_limited ? rows : UINT_MAX);
}

int status_text_print(const struct status_documents *documents, const struct view *view)
{
    struct table table;

    table_init(&table, columns, sizeof columns / sizeof *columns);
    int rc = fill(&table, documents);
    if (rc == 0)
        rc = put_screen(documents, view, &table);
    table_deinit(&table);
    const json_t *group = documents->group != NULL ? status_text_find(documents->groups, documents->group) : NULL;
    if (rc < 0 || group == NULL)
        return rc;
    (void)fprintf(view->out, "\n");
    group_text_by_hand(group, view);
    group_text_signals(group, view);
    group_text_conditions(group, view);
    return 0;
}

const json_t *status_text_find(const json_t *groups, const char *name)
{
    const json_t *group = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(groups, "groups"), i, group)
    {
        if (strcmp(json_field_text(group, "name"), name) == 0)
            return group;
    }
    return NULL;
}

bool status_text_is_ill(const struct status_documents *documents)
{
    return problem_text_worst(documents->problems, documents->group) <= PROBLEM_WARNING;
}
