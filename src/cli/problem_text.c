#include "cli/problem_text.h"

#include "cli/json_field.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WIDTH_FOR_NAMES 120U /* of the terminal, from which on the names of problems are shown */
#define NAME_WIDTH      20U

static const json_t *list_of(const json_t *document)
{
    return json_object_get(document, "problems");
}

enum problem_severity problem_text_severity(const json_t *problem)
{
    const char *severity = json_field_text(problem, "severity");

    if (strcmp(severity, "critical") == 0)
        return PROBLEM_CRITICAL;
    return strcmp(severity, "warning") == 0 ? PROBLEM_WARNING : PROBLEM_INFO;
}

bool problem_text_is_of(const json_t *problem, const char *group)
{
    return group == NULL || strcmp(json_field_text(problem, "group"), group) == 0;
}

enum problem_severity problem_text_worst(const json_t *document, const char *group)
{
    enum problem_severity worst = PROBLEM_NONE;
    const json_t *problem = NULL;
    size_t i = 0;

    json_array_foreach(list_of(document), i, problem)
    {
        if (problem_text_is_of(problem, group) && problem_text_severity(problem) < worst)
            worst = problem_text_severity(problem);
    }
    return worst;
}

void problem_text_names(const json_t *document, const char *group, char *text, size_t size)
{
    const json_t *problem = NULL;
    size_t len = 0;
    size_t i = 0;

    (void)snprintf(text, size, "-");
    json_array_foreach(list_of(document), i, problem)
    {
        if (!problem_text_is_of(problem, group) || len >= size)
            continue;
        len += (size_t)snprintf(text + len, size - len, "%s%s", len > 0 ? ", " : "", json_field_text(problem, "name"));
    }
}

enum view_colour problem_text_colour(enum problem_severity severity)
{
    static const enum view_colour colours[] = {[PROBLEM_CRITICAL] = VIEW_RED,
                                               [PROBLEM_WARNING] = VIEW_YELLOW,
                                               [PROBLEM_INFO] = VIEW_PLAIN,
                                               [PROBLEM_NONE] = VIEW_PLAIN};

    return colours[severity];
}

/* ---- the list ---- */

static unsigned count(const json_t *document, const char *group)
{
    const json_t *problem = NULL;
    unsigned count = 0;
    size_t i = 0;

    json_array_foreach(list_of(document), i, problem)
    {
        count += problem_text_is_of(problem, group);
    }
    return count;
}

static bool has_names(const struct view *view)
{
    return view->width == 0 || view->width >= WIDTH_FOR_NAMES;
}

static unsigned text_indent(const struct view *view)
{
    return 20 + (has_names(view) ? NAME_WIDTH + 2 : 0);
}

static void put_problem(const json_t *problem, const struct view *view)
{
    char age[VIEW_AGE_LEN];

    view_age(view->now_ms - json_field_integer(problem, "since_ms"), age);
    view_colour(view, problem_text_colour(problem_text_severity(problem)));
    (void)fprintf(view->out, "  %-8s", json_field_text(problem, "severity"));
    view_colour(view, VIEW_PLAIN);
    (void)fprintf(view->out, "%8s  ", age);
    if (has_names(view))
        (void)fprintf(view->out, "%-*s  ", (int)NAME_WIDTH, json_field_text(problem, "name"));
    view_wrap(view, text_indent(view), json_field_text(problem, "text"));
}

unsigned problem_text_print(const json_t *document, const char *group, const struct view *view, unsigned lines_max)
{
    unsigned left = count(document, group);
    unsigned lines = 0;
    const json_t *problem = NULL;
    size_t i = 0;

    json_array_foreach(list_of(document), i, problem)
    {
        if (!problem_text_is_of(problem, group))
            continue;
        unsigned more = view_wrapped_lines(view, text_indent(view), json_field_text(problem, "text"));
        if (lines > 0 && lines + more + (left > 1) > lines_max)
            break;
        put_problem(problem, view);
        lines += more;
        left--;
    }
    left += group == NULL ? (unsigned)json_field_integer(document, "more") : 0;
    if (left > 0)
        (void)fprintf(view->out, "  and %u more\n", left);
    return lines + (left > 0);
}
