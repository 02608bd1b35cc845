#include "cli/decision_text.h"

#include "cli/group_text.h"
#include "cli/json_field.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#define WIDTH_FOR_ONE_LINE 140U /* of the terminal, from which on the sentence is on the same line */
#define TIME_WIDTH         24U  /* "2026-11-29 02:13:05 CEST" */
#define NODES_WIDTH        16U
#define ORDER_WIDTH        14U
#define GAP                2U
#define SENTENCE_INDENT    4U

/* Those that exist, unless they are enough already and do not carry load: then those that do. The row has both, unless
 * an earlier version wrote it. */
int64_t decision_text_nodes_before(const json_t *decision)
{
    const json_t *row = json_object_get(decision, "row");
    int64_t existing = json_field_integer(row, "existing");
    bool adds = json_field_equals(decision, "action", "up");

    if (json_object_get(row, "existing") == NULL || (adds && existing >= json_field_integer(decision, "desired")))
        return json_field_integer(decision, "current");
    return existing;
}

unsigned decision_text_group_width(const json_t *decisions)
{
    unsigned width = DECISION_TEXT_GROUP_MIN;
    const json_t *decision = NULL;
    size_t i = 0;

    json_array_foreach(decisions, i, decision)
    {
        unsigned len = view_columns(json_field_text(decision, "group"));
        width = len > width ? len : width;
    }
    return width;
}

static bool has_one_line(const struct view *view)
{
    return view->width == 0 || view->width >= WIDTH_FOR_ONE_LINE;
}

static void put_cell(const struct view *view, unsigned width, const char *text)
{
    (void)fprintf(view->out, "%-*s%*s", (int)width, text, (int)GAP, "");
}

void decision_text_titles(unsigned group_width, const struct view *view)
{
    view_colour(view, VIEW_BOLD);
    put_cell(view, TIME_WIDTH, "TIME");
    if (group_width > 0)
        put_cell(view, group_width, "GROUP");
    put_cell(view, NODES_WIDTH, "NODES");
    if (has_one_line(view)) {
        put_cell(view, ORDER_WIDTH, "ORDER");
        (void)fprintf(view->out, "WHY");
    } else {
        (void)fprintf(view->out, "ORDER");
    }
    view_colour(view, VIEW_PLAIN);
    (void)fprintf(view->out, "\n");
}

static void put_nodes(const json_t *decision, const struct view *view)
{
    const char *action = json_field_text(decision, "action");
    int64_t before = decision_text_nodes_before(decision);
    int64_t desired = json_field_integer(decision, "desired");
    char text[64];

    if (json_field_equals(decision, "action", "hold"))
        (void)snprintf(text, sizeof text, "hold %" PRId64, desired);
    else
        (void)snprintf(text, sizeof text, "%.8s %" PRId64 " -> %" PRId64, action, before, desired);
    view_colour(view, json_field_equals(decision, "action", "hold") ? VIEW_PLAIN : VIEW_BOLD);
    put_cell(view, NODES_WIDTH, text);
    view_colour(view, VIEW_PLAIN);
}

void decision_text_print(const json_t *decision, unsigned group_width, const struct view *view)
{
    unsigned indent = TIME_WIDTH + GAP + NODES_WIDTH + GAP + ORDER_WIDTH + GAP;
    char when[VIEW_TIME_LEN];

    view_time(view, json_field_integer(decision, "time_ms"), when);
    put_cell(view, TIME_WIDTH, when);
    if (group_width > 0)
        put_cell(view, group_width, json_field_text(decision, "group"));
    put_nodes(decision, view);
    if (has_one_line(view)) {
        put_cell(view, ORDER_WIDTH, json_field_text(decision, "order"));
        view_wrap(view, indent + (group_width > 0 ? group_width + GAP : 0), group_text_reason(decision));
    } else {
        (void)fprintf(view->out, "%s\n%*s", json_field_text(decision, "order"), (int)SENTENCE_INDENT, "");
        view_wrap(view, SENTENCE_INDENT, group_text_reason(decision));
    }
}
