#include "cli/why_text.h"

#include "cli/decision_text.h"
#include "cli/group_text.h"
#include "cli/json_field.h"
#include "cli/why_reasons.h"
#include "common/writer.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define TEXT_MAX    1024U
#define LABEL_WIDTH 16U

/* A label, and the text that a function writes about the decision; nothing if it writes nothing. */
static void put(const struct view *view, const char *label, const char *text)
{
    if (text[0] == '\0')
        return;
    view_colour(view, VIEW_BOLD);
    (void)fprintf(view->out, "%-*s", (int)LABEL_WIDTH, label);
    view_colour(view, VIEW_PLAIN);
    view_wrap(view, LABEL_WIDTH, text);
}

static const json_t *row_of(const json_t *decision)
{
    return json_object_get(decision, "row");
}

/* ---- what was decided ---- */

static const char *order_text(const char *order)
{
    static const struct {
        const char *order, *text;
    } texts[] = {{"intent", "the hook begins"},
                 {"published", "readers get the number"},
                 {"accepted", "the hook has accepted it"},
                 {"failed", "the hook has failed"},
                 {"without-effect", "the hook had nothing to do"},
                 {"withdrawn", "withdrawn before the hook began"},
                 {"unknown", "the collector ended during the hook"},
                 {"given-up", "given up: it was repeated, and no node came"}};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(texts[i].order, order) == 0)
            return texts[i].text;
    return NULL;
}

static void put_action(struct writer *text, const json_t *decision)
{
    int64_t before = decision_text_nodes_before(decision);
    int64_t desired = json_field_integer(decision, "desired");
    int64_t named = json_field_integer(row_of(decision), "victim_count");

    if (json_field_equals(decision, "action", "up"))
        writer_print(text, "add nodes, %" PRId64 " -> %" PRId64, before, desired);
    else if (json_field_equals(decision, "action", "down"))
        writer_print(text, "remove nodes, %" PRId64 " -> %" PRId64, before, desired);
    else
        writer_print(text, "hold %" PRId64 " node%s", desired, desired == 1 ? "" : "s");
    if (named > 0)
        writer_print(text, "; it names %" PRId64 " of them", named);
}

static void put_decision(const json_t *decision, const struct view *view)
{
    const json_t *row = row_of(decision);
    const char *order = order_text(json_field_text(decision, "order"));
    bool acts = json_field_equals(row, "mode", "full") || json_field_equals(row, "mode", "out-only");
    char buffer[TEXT_MAX];
    struct writer text = {.text = buffer, .size = sizeof buffer};

    put_action(&text, decision);
    if (order != NULL)
        writer_print(&text, "; order %" PRId64 ".%" PRId64 ": %s", json_field_integer(row, "order_epoch"),
                     json_field_integer(row, "order_number"), order);
    else if (!acts && !json_field_equals(decision, "action", "hold"))
        writer_print(&text, "; not carried out: the mode is %s", json_field_text(row, "mode"));
    put(view, "Decision", buffer);
    put(view, "Reason", group_text_reason(decision));
}

static void put_time(const json_t *decision, const struct view *view)
{
    char when[VIEW_TIME_LEN], age[VIEW_AGE_LEN], buffer[VIEW_TIME_LEN + VIEW_AGE_LEN + 8];
    int64_t time_ms = json_field_integer(decision, "time_ms");

    view_time(view, time_ms, when);
    view_age(view->now_ms - time_ms, age);
    (void)snprintf(buffer, sizeof buffer, "%s, %s ago", when, age);
    put(view, "Group", json_field_text(decision, "group"));
    put(view, "Decided", buffer);
}

/* ---- its inputs ---- */

static void put_share(struct writer *text, const json_t *row, const char *name)
{
    if (json_is_number(json_object_get(row, name)))
        writer_print(text, "; %s %.0f%%", name, json_field_number(row, name));
}

static void put_unread(struct writer *text, const json_t *row, const char *name, const char *column)
{
    if (json_field_integer(row, column) > 0)
        writer_print(text, "; %" PRId64 " without a reading of %s", json_field_integer(row, column), name);
}

static void put_demand(const json_t *row, const struct view *view)
{
    char buffer[TEXT_MAX] = "";
    struct writer text = {.text = buffer, .size = sizeof buffer};
    const char *resource = json_object_get(row, "resource") != NULL ? json_field_text(row, "resource") : "cpu";

    if (json_field_number(row, "cpu_capacity") > 0)
        writer_print(&text, "cpu %.4g of %.4g cores, %.0f%%", json_field_number(row, "cpu_demand"),
                     json_field_number(row, "cpu_capacity"), json_field_number(row, "cpu"));
    else
        writer_print(&text, "cpu unknown");
    put_share(&text, row, "memory");
    put_share(&text, row, "disk");
    put_share(&text, row, "app");
    if (json_is_number(json_object_get(row, "app_demand")))
        writer_print(&text, ", %.5g of %.5g", json_field_number(row, "app_demand"),
                     json_field_number(row, "app_capacity"));
    writer_print(&text, "; %s: high %.4g%%, target %.4g%%", resource, json_field_number(row, "high"),
                 json_field_number(row, "target"));
    put_unread(&text, row, "cpu", "cpu_unread");
    put_unread(&text, row, "memory", "memory_unread");
    put_unread(&text, row, "disk", "disk_unread");
    put_unread(&text, row, "app", "app_unread");
    put(view, "Demand", buffer);
    if (json_object_get(row, "signals") != NULL)
        put(view, "Signals", json_field_text(row, "signals"));
}

static void put_forecast(const json_t *row, const struct view *view)
{
    char buffer[TEXT_MAX] = "";
    struct writer text = {.text = buffer, .size = sizeof buffer};
    double share = 100.0 * json_field_number(row, "cpu_forecast_bound") / json_field_number(row, "cpu_capacity");

    if (json_object_get(row, "cpu_forecast") == NULL) {
        put(view, "Forecast", "none of cpu");
        return;
    }
    writer_print(&text,
                 "within %.0f s %.4g cores are expected, %.4g to %.4g with 90%% certainty; the group is sized for %.4g",
                 json_field_number(row, "horizon_s"), json_field_number(row, "cpu_forecast"),
                 json_field_number(row, "cpu_forecast_low"), json_field_number(row, "cpu_forecast_high"),
                 json_field_number(row, "cpu_forecast_bound"));
    if (isfinite(share))
        writer_print(&text, ", %.0f%% of what it has", share);
    writer_print(&text, " (%s)", json_field_text(row, "forecaster"));
    if (json_is_number(json_object_get(row, "coverage")))
        writer_print(&text, "; %.0f%% of past outcomes were within their interval", json_field_number(row, "coverage"));
    if (json_is_number(json_object_get(row, "coverage")) && json_is_number(json_object_get(row, "price_paid")))
        writer_print(&text, "; price promised %.3g, paid %.3g mean fleets", json_field_number(row, "price_promised"),
                     json_field_number(row, "price_paid"));
    put(view, "Forecast", buffer);
}

static void put_vote(struct writer *text, const char *what, int64_t nodes)
{
    if (nodes > 0)
        writer_print(text, "%s asks for %" PRId64 " node%s", what, nodes, nodes == 1 ? "" : "s");
    else
        writer_print(text, "%s has no vote", what);
}

static void put_votes(const json_t *decision, const struct view *view)
{
    static const struct {
        const char *rule, *text;
    } rules[] = {{"none", "nothing decided"},          {"reactive", "the demand decided"},
                 {"forecast", "the forecast decided"}, {"bounds", "min or max decided"},
                 {"pin", "the pin decided"},           {"signal", "a signal decided"}};
    const json_t *row = row_of(decision);
    char buffer[TEXT_MAX] = "";
    struct writer text = {.text = buffer, .size = sizeof buffer};

    put_vote(&text, "the demand", json_field_integer(row, "reactive_vote"));
    writer_print(&text, ", ");
    put_vote(&text, "the forecast", json_field_integer(row, "forecast_vote"));
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (json_field_equals(decision, "rule", rules[i].rule))
            writer_print(&text, "; %s", rules[i].text);
    if (json_object_get(row, "resource") != NULL)
        writer_print(&text, " (%s)", json_field_text(row, "resource"));
    put(view, "Votes", buffer);
}

static void put_nodes(const json_t *row, const struct view *view)
{
    static const struct {
        const char *column, *text;
    } counts[] = {{"warming", "warming up"},     {"returning", "returning"},
                  {"missing", "missing"},        {"lost_at_once", "of them lost at once"},
                  {"leaving", "leaving"},        {"unreported", "not reported since the start"},
                  {"pending", "on order"},       {"overdue", "of those overdue"},
                  {"removing", "to be removed"}, {"expired", "never came"},
                  {"protected", "protected"}};
    char buffer[TEXT_MAX] = "";
    struct writer text = {.text = buffer, .size = sizeof buffer};

    writer_print(&text, "%" PRId64 " live", json_field_integer(row, "live"));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (json_field_integer(row, counts[i].column) > 0)
            writer_print(&text, ", %" PRId64 " %s", json_field_integer(row, counts[i].column), counts[i].text);
    writer_print(&text, "; %" PRId64 " may exist, %" PRId64 " carry load or will in time",
                 json_field_integer(row, "existing"), json_field_integer(row, "carrying"));
    if (json_is_number(json_object_get(row, "count")))
        writer_print(&text, "; the actuator counts %" PRId64, json_field_integer(row, "count"));
    put(view, "Nodes", buffer);
}

static void put_bounds(const json_t *row, const json_t *group, const struct view *view)
{
    char buffer[TEXT_MAX] = "";
    struct writer text = {.text = buffer, .size = sizeof buffer};
    const json_t *schedule = NULL;
    size_t i = 0;

    writer_print(&text, "min %" PRId64 ", ", json_field_integer(row, "nodes_min"));
    if (json_is_number(json_object_get(row, "nodes_max")))
        writer_print(&text, "max %" PRId64, json_field_integer(row, "nodes_max"));
    else
        writer_print(&text, "no max");
    json_array_foreach(json_object_get(group, "schedules"), i, schedule)
    {
        const char *name = json_string_value(schedule);
        writer_print(&text, "%s%s", i == 0 ? "; schedules in force: " : ", ", name != NULL ? name : "-");
    }
    put(view, "Bounds", buffer);
}

/* Until when, and by whom, is known of the last decision. Returns whether anything was ordered before that one. */
static bool put_overrides(const json_t *decision, const json_t *group, const struct view *view)
{
    const json_t *override = NULL;
    bool is_any = false;
    size_t i = 0;

    json_array_foreach(json_object_get(group, "overrides"), i, override)
    {
        if (json_field_integer(override, "set_ms") > json_field_integer(decision, "time_ms"))
            continue;
        put(view, "By hand", json_field_text(override, "text"));
        is_any = true;
    }
    return is_any;
}

static void put_by_hand(const json_t *decision, const json_t *group, const struct view *view)
{
    const json_t *row = row_of(decision);
    char buffer[64];

    if (put_overrides(decision, group, view))
        return;
    (void)snprintf(buffer, sizeof buffer, "pinned to %" PRId64, json_field_integer(row, "pin"));
    if (json_field_is_set(row, "pin"))
        put(view, "By hand", buffer);
    if (json_field_is_set(row, "paused") || json_field_is_set(row, "paused_in"))
        put(view, "By hand", json_field_is_set(row, "paused") ? "all orders paused" : "scale-in paused");
    if (!json_field_is_set(row, "pin") && !json_field_is_set(row, "paused") && !json_field_is_set(row, "paused_in"))
        put(view, "By hand", "nothing is pinned or paused");
}

static void put_state(const json_t *row, const struct view *view)
{
    char buffer[TEXT_MAX];

    (void)snprintf(buffer, sizeof buffer,
                   "mode %s; lead time %.0f s, and %.0f s for the slowest tenth; stabilization window %.0f s",
                   json_field_text(row, "mode"), json_field_number(row, "lead_time_s"),
                   json_field_number(row, "slow_lead_time_s"), json_field_number(row, "stabilization_s"));
    put(view, "Orders", buffer);
    put(view, "Roll call",
        json_field_is_set(row, "roll_call") ? "under way: nodes may still report for the first time" : "over");
}

void why_text_print(const json_t *decision, const json_t *group, const struct view *view)
{
    const json_t *row = row_of(decision);
    char reason[WHY_REASONS_MAX];

    put_time(decision, view);
    put_decision(decision, view);
    (void)fprintf(view->out, "\n");
    why_reasons_not_more(decision, reason, sizeof reason);
    put(view, "Why not more?", reason);
    why_reasons_not_fewer(decision, reason, sizeof reason);
    put(view, "Why not fewer?", reason);
    (void)fprintf(view->out, "\n");
    put_nodes(row, view);
    put_demand(row, view);
    put_forecast(row, view);
    put_votes(decision, view);
    put(view, "Guard", json_field_equals(decision, "guard", "none") ? "" : json_field_text(decision, "guard"));
    put_bounds(row, group, view);
    put_by_hand(decision, group, view);
    put_state(row, view);
}
