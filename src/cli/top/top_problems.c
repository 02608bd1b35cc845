#include "cli/top/top_problems.h"

#include "cli/top/top_format.h"
#include "cli/top/top_json.h"

#include <errno.h>
#include <string.h>

const char *const top_problems_severities[TOP_SEVERITIES] = {"critical", "warning", "info"};

/* ---- answers ---- */

/* A severity that is not known counts as information. */
static enum top_severity severity_of(const char *name)
{
    enum top_severity severity = TOP_CRITICAL;

    while (severity < TOP_INFO && strcmp(top_problems_severities[severity], name) != 0)
        severity++;
    return severity;
}

static void read_one(struct top_problem *problem, const json_t *object, double now_ms)
{
    problem->severity = severity_of(top_json_text(json_object_get(object, "severity")));
    problem->age_ms = now_ms - top_json_member(object, "since_ms");
    top_json_copy(object, "name", problem->name, sizeof problem->name);
    top_json_copy(object, "group", problem->group, sizeof problem->group);
    top_json_copy(object, "node", problem->node, sizeof problem->node);
    top_json_copy(object, "text", problem->text, sizeof problem->text);
}

int top_problems_read(struct top_problems *problems, const json_t *answer)
{
    const json_t *list = json_object_get(answer, "problems");
    double now_ms = top_json_member(answer, "now_ms");
    const json_t *object = NULL;
    size_t i = 0;

    if (!json_is_array(list))
        return -EPROTO;
    problems->known = true;
    problems->count = 0;
    problems->more = (unsigned)json_integer_value(json_object_get(answer, "more"));
    memset(problems->of, 0, sizeof problems->of);
    json_array_foreach(list, i, object)
    {
        if (problems->count == TOP_PROBLEMS_MAX)
            break;
        read_one(&problems->items[problems->count], object, now_ms);
        problems->of[problems->items[problems->count++].severity]++;
    }
    return 0;
}

const struct top_problem *top_problems_of_group(const struct top_problems *problems, const char *group, unsigned *count)
{
    const struct top_problem *worst = NULL;

    *count = 0;
    for (unsigned i = 0; i < problems->count; i++) {
        const struct top_problem *problem = &problems->items[i];
        if (strcmp(problem->group, group) != 0)
            continue;
        if (worst == NULL || problem->severity < worst->severity)
            worst = problem;
        ++*count;
    }
    return worst;
}

enum top_style top_problems_style(enum top_severity severity)
{
    static const enum top_style styles[TOP_SEVERITIES] = {TOP_STYLE_CRITICAL, TOP_STYLE_WARNING, TOP_STYLE_PLAIN};

    return styles[severity];
}

/* ---- the table ---- */

static const char *severity_text(const void *row)
{
    return top_problems_severities[((const struct top_problem *)row)->severity];
}

static double severity_number(const void *row)
{
    return ((const struct top_problem *)row)->severity;
}

static double age(const void *row)
{
    return ((const struct top_problem *)row)->age_ms;
}

static const char *name(const void *row)
{
    return ((const struct top_problem *)row)->name;
}

/* What it is about. */
static const char *subject(const void *row)
{
    const struct top_problem *problem = row;

    return problem->node[0] != '\0' ? problem->node : problem->group[0] != '\0' ? problem->group : "collector";
}

static const char *sentence(const void *row)
{
    return ((const struct top_problem *)row)->text;
}

static enum top_style style(const void *row)
{
    return top_problems_style(((const struct top_problem *)row)->severity);
}

static void identify(const void *row, char *text, size_t size)
{
    const struct top_problem *problem = row;

    (void)snprintf(text, size, "%s %s %s", problem->name, problem->group, problem->node);
}

static const struct top_column columns[] = {
    {.title = "SEVERITY",
     .width_min = 9,
     .text = severity_text,
     .number = severity_number,
     .style = style,
     .ascending = true},
    {.title = "SINCE", .width_min = 5, .number = age, .format = top_format_age},
    {.title = "ABOUT", .width_min = 9, .width_max = 24, .text = subject, .ascending = true},
    {.title = "PROBLEM", .width_min = 15, .width_max = 22, .rank = 1, .text = name, .ascending = true},
    {.title = "WHAT IS WRONG", .width_min = 45, .width_max = 250, .text = sentence, .ascending = true},
};

const struct top_table_kind top_problems_table = {
    .columns = columns,
    .count = sizeof columns / sizeof *columns,
    .row_size = sizeof(struct top_problem),
    .identify = identify,
    .empty = "No problems",
};
