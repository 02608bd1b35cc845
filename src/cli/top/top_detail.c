#include "cli/top/top_detail.h"

#include "cli/top/top_format.h"
#include "cli/top/top_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PROBLEM_ROWS 3U

/* ---- a group ---- */

struct lines {
    struct top_screen *screen;
    unsigned first;
    unsigned used;
    unsigned max;
    double now_ms; /* of the collector */
};

static void put_line(struct lines *lines, enum top_style style, const char *text, unsigned rows_max)
{
    unsigned left = lines->max - lines->used;

    lines->used += top_screen_put_wrapped(lines->screen, lines->first + lines->used, rows_max < left ? rows_max : left,
                                          style, text);
}

static void put_condition(const char *name, const json_t *condition, void *arg)
{
    struct lines *lines = arg;
    char age[24];
    char text[640];

    top_format_age(lines->now_ms - top_json_member(condition, "since_ms"), age, sizeof age);
    (void)snprintf(text, sizeof text, "%s is %s for %s: %s", name,
                   json_is_true(json_object_get(condition, "status")) ? "true" : "false", age,
                   top_json_text(json_object_get(condition, "why")));
    put_line(lines, TOP_STYLE_WARNING, text, 2);
}

static void put_problem(const struct top_problem *problem, struct lines *lines)
{
    char age[24];
    char text[640];

    top_format_age(problem->age_ms, age, sizeof age);
    (void)snprintf(text, sizeof text, "%s for %s: %s", top_problems_severities[problem->severity], age, problem->text);
    put_line(lines, top_problems_style(problem->severity), text, 2);
}

static void put_numbers(const struct top_group *group, struct lines *lines)
{
    char live[24], desired[24], existing[24], min[24], max[24];
    char text[512];

    top_format_count(group->live, live, sizeof live);
    top_format_count(group->desired, desired, sizeof desired);
    top_format_count(group->existing, existing, sizeof existing);
    top_format_count(top_json_member(group->json, "min"), min, sizeof min);
    top_format_count(top_json_member(group->json, "max"), max, sizeof max);
    (void)snprintf(text, sizeof text, "Group %s: %s live, %s desired, %s existing; min %s, %s%s; mode %s", group->name,
                   live, desired, existing, min, strcmp(max, "-") == 0 ? "no max" : "max ",
                   strcmp(max, "-") == 0 ? "" : max, group->mode[0] != '\0' ? group->mode : "-");
    put_line(lines, TOP_STYLE_STRONG, text, 2);
}

unsigned top_detail_put_group(const struct top *top, const char *name, struct top_screen *screen, unsigned row,
                              unsigned rows_max)
{
    const struct top_group *group = top_groups_find(&top->groups, name);
    struct lines lines = {.screen = screen, .first = row, .max = rows_max, .now_ms = (double)top->fleet.now_ms};

    if (group == NULL) {
        char text[NAME_LEN_MAX + 48];
        (void)snprintf(text, sizeof text, "Group %s is not known to the collector", name);
        put_line(&lines, TOP_STYLE_DIM, text, 1);
        return lines.used;
    }
    put_numbers(group, &lines);
    put_line(&lines, TOP_STYLE_PLAIN, top_json_text(json_object_get(group->json, "why")), 2);
    for (unsigned i = 0; i < top->problems.count; i++)
        if (strcmp(top->problems.items[i].group, name) == 0)
            put_problem(&top->problems.items[i], &lines);
    if (!top->problems.known)
        top_groups_each_unusual(group, put_condition, &lines);
    return lines.used;
}

/* ---- a node ---- */

unsigned top_detail_put_node(const struct top_node_metrics *node, struct top_screen *screen, unsigned row,
                             unsigned rows_max)
{
    struct lines lines = {.screen = screen, .first = row, .max = rows_max};
    char age[24], cores[24], memory[24];
    char text[512];

    if (!node->known) {
        put_line(&lines, TOP_STYLE_DIM, "The collector has not answered about this node, or does not know it", 1);
        return lines.used;
    }
    top_format_age(node->age_ms, age, sizeof age);
    top_format_number(node->cores, cores, sizeof cores);
    top_format_number(node->memory_bytes, memory, sizeof memory);
    (void)snprintf(text, sizeof text, "%s%s, %s, newest sample %s old; %s cores, %sB of memory",
                   node->group[0] != '\0' ? "group " : "no group", node->group, node->state, age, cores, memory);
    put_line(&lines, TOP_STYLE_STRONG, text, 2);
    for (unsigned i = 0; i < node->outlook_count; i++)
        put_line(&lines, TOP_STYLE_WARNING, node->outlooks[i], 2);
    return lines.used;
}

/* ---- a problem ---- */

unsigned top_detail_put_problem(const struct top_problem *problem, struct top_screen *screen, unsigned row,
                                unsigned rows_max)
{
    unsigned rows = rows_max < PROBLEM_ROWS ? rows_max : PROBLEM_ROWS;

    if (problem != NULL)
        (void)top_screen_put_wrapped(screen, row, rows, top_problems_style(problem->severity), problem->text);
    return rows;
}
