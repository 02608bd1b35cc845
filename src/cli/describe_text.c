#include "cli/describe_text.h"

#include "cli/decision_text.h"
#include "cli/group_text.h"
#include "cli/json_field.h"
#include "cli/problem_text.h"
#include "cli/table.h"
#include "common/format.h"
#include "common/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#define TEXT_MAX     512U
#define LABEL_WIDTH  14U
#define DURATION_LEN 32U
#define BYTES_OF_GIB 1073741824.0

static void put(const struct view *view, const char *label, const char *text)
{
    view_colour(view, VIEW_BOLD);
    (void)fprintf(view->out, "%-*s", (int)LABEL_WIDTH, label);
    view_colour(view, VIEW_PLAIN);
    view_wrap(view, LABEL_WIDTH, text);
}

static void put_heading(const struct view *view, const char *heading)
{
    (void)fprintf(view->out, "\n");
    view_colour(view, VIEW_BOLD);
    (void)fprintf(view->out, "%s", heading);
    view_colour(view, VIEW_PLAIN);
    (void)fprintf(view->out, "\n");
}

static void format_ms(const json_t *object, const char *name, char text[DURATION_LEN])
{
    format_duration(json_field_integer(object, name), text, DURATION_LEN);
}

/* ---- what it is ---- */

static void put_nodes(const json_t *group, const struct view *view)
{
    char buffer[TEXT_MAX] = "";
    struct writer text = {.text = buffer, .size = sizeof buffer};
    const json_t *count = NULL;
    const char *state = NULL;

    json_object_foreach((json_t *)json_object_get(group, "nodes"), state, count)
    {
        if (json_integer_value(count) > 0 || strcmp(state, "live") == 0)
            writer_print(&text, "%s%" JSON_INTEGER_FORMAT " %s", buffer[0] != '\0' ? ", " : "",
                         json_integer_value(count), state);
    }
    if (json_is_integer(json_object_get(group, "existing")))
        writer_print(&text, "; %" PRId64 " may exist, %" PRId64 " carry load or will in time",
                     json_field_integer(group, "existing"), json_field_integer(group, "carrying"));
    if (json_field_integer(group, "pending") > 0)
        writer_print(&text, "; %" PRId64 " on order", json_field_integer(group, "pending"));
    if (json_is_integer(json_object_get(group, "count")))
        writer_print(&text, "; the actuator counts %" PRId64, json_field_integer(group, "count"));
    put(view, "Nodes", buffer);
}

static void put_decision(const json_t *group, const struct view *view)
{
    char number[JSON_FIELD_LEN], when[VIEW_TIME_LEN], buffer[TEXT_MAX];

    json_field_put_number(group, "desired", number);
    put(view, "Desired", strcmp(number, "-") != 0 ? number : "not known yet");
    if (json_object_get(group, "decided_ms") == NULL)
        return;
    view_time(view, json_field_integer(group, "decided_ms"), when);
    (void)snprintf(buffer, sizeof buffer, "%s (%s)", group_text_reason(group), when);
    put(view, "Decision", buffer);
}

static void put_bounds(const json_t *group, const struct view *view)
{
    char buffer[TEXT_MAX], min[JSON_FIELD_LEN], max[JSON_FIELD_LEN];

    json_field_put_number(group, "min", min);
    json_field_put_number(group, "max", max);
    (void)snprintf(buffer, sizeof buffer, "min %s, %s%s", min, strcmp(max, "-") == 0 ? "no max" : "max ",
                   strcmp(max, "-") == 0 ? "" : max);
    put(view, "Bounds", buffer);
}

static void put_settings(const json_t *group, const struct view *view)
{
    char buffer[TEXT_MAX], tick[DURATION_LEN], window[DURATION_LEN], lead[DURATION_LEN], price[JSON_FIELD_LEN];
    int64_t seen = json_field_integer(group, "lead_times_seen");
    struct writer text = {.text = buffer, .size = sizeof buffer};

    format_ms(group, "tick_ms", tick);
    format_ms(group, "stabilization_ms", window);
    json_field_put_number(group, "price", price);
    writer_print(&text, "tick %s, stabilization window %s, price %s", tick, window, price);
    if (json_object_get(group, "lead_time_ms") != NULL) {
        format_ms(group, "lead_time_ms", lead);
        writer_print(&text, ", lead time %s (", lead);
        if (seen > 0)
            writer_print(&text, "from %" PRId64 " nodes that came)", seen);
        else
            writer_print(&text, "as configured)");
    }
    put(view, "Settings", buffer);
}

/* ---- its resources ---- */

/* In the unit of the resource; memory in GiB. */
static void add_amount(struct table *table, const json_t *amounts, const char *resource)
{
    char text[JSON_FIELD_LEN];

    json_field_put_number(amounts, resource, text);
    if (strcmp(resource, "memory") == 0)
        table_add(table, VIEW_PLAIN, "%.4g GiB", json_field_number(amounts, resource) / BYTES_OF_GIB);
    else
        table_add(table, VIEW_PLAIN, "%s", text);
}

/* 0: it is not set. */
static void add_low(struct table *table, const json_t *thresholds)
{
    char text[JSON_FIELD_LEN];

    json_field_put_share(thresholds, "low", text);
    table_add(table, VIEW_PLAIN, "%s", strcmp(text, "0%") == 0 ? "-" : text);
}

static void add_share(struct table *table, const json_t *object, const char *name)
{
    char text[JSON_FIELD_LEN];

    json_field_put_share(object, name, text);
    table_add(table, VIEW_PLAIN, "%s", text);
}

static int put_resources(const json_t *group, const struct view *view)
{
    static const struct table_column columns[] = {
        {.title = "RESOURCE"},
        {.title = "UTILISATION", .is_right = true},
        {.title = "DEMAND", .is_right = true},
        {.title = "CAPACITY", .is_right = true},
        {.title = "HIGH", .is_right = true},
        {.title = "TARGET", .is_right = true},
        {.title = "LOW", .is_right = true},
    };
    static const char *const resources[] = {"cpu", "memory", "disk", "app"};
    struct table table;

    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
        const json_t *thresholds = json_object_get(json_object_get(group, "thresholds"), resources[i]);
        if (!json_is_number(json_object_get(json_object_get(group, "utilisation"), resources[i])))
            continue;
        table_add(&table, VIEW_PLAIN, "%s", resources[i]);
        add_share(&table, json_object_get(group, "utilisation"), resources[i]);
        add_amount(&table, json_object_get(group, "demand"), resources[i]);
        add_amount(&table, json_object_get(group, "capacity"), resources[i]);
        add_share(&table, thresholds, "high");
        add_share(&table, thresholds, "target");
        add_low(&table, thresholds);
    }
    if (table_rows(&table) > 0)
        put_heading(view, "Resources");
    int rc = table_rows(&table) > 0 ? table_print(&table, view, SIZE_MAX) : 0;
    table_deinit(&table);
    return rc;
}

/* ---- its forecasts ---- */

static void put_quality(const json_t *forecast, struct writer *text)
{
    int64_t scored = json_field_integer(forecast, "scored");
    char coverage[JSON_FIELD_LEN];

    json_field_put_share(forecast, "coverage", coverage);
    if (scored == 0) {
        writer_print(text, "No outcome of an earlier forecast is known yet.");
        return;
    }
    writer_print(text, "Of %" PRId64 " past forecasts, %s had an outcome within their interval", scored, coverage);
    if (json_is_number(json_object_get(forecast, "paid_price")))
        writer_print(text, "; price promised %.3g, paid %.3g mean fleets",
                     json_field_number(forecast, "promised_price"), json_field_number(forecast, "paid_price"));
    writer_print(text, ".");
}

static void put_forecast(const json_t *forecast, const char *unit, const struct view *view)
{
    char buffer[TEXT_MAX] = "", within[DURATION_LEN], sized[JSON_FIELD_LEN];
    struct writer text = {.text = buffer, .size = sizeof buffer};

    if (!json_is_object(forecast))
        return;
    format_ms(forecast, "within_ms", within);
    json_field_put_share(forecast, "utilisation", sized);
    writer_print(&text, "within %s %.4g%s are expected, %.4g to %.4g with 90%% certainty; the group is sized for %.4g",
                 within, json_field_number(forecast, "expected"), unit, json_field_number(forecast, "low"),
                 json_field_number(forecast, "high"), json_field_number(forecast, "bound"));
    writer_print(&text, ", a utilisation of %s (%s). ", sized, json_field_text(forecast, "forecaster"));
    put_quality(forecast, &text);
    (void)fprintf(view->out, "  %-*s", (int)LABEL_WIDTH - 2, json_field_text(forecast, "resource"));
    view_wrap(view, LABEL_WIDTH, buffer);
}

static void put_forecasts(const json_t *group, const struct view *view)
{
    const json_t *cpu = json_object_get(group, "forecast");
    const json_t *app = json_object_get(group, "app_forecast");

    if (!json_is_object(cpu) && !json_is_object(app))
        return;
    put_heading(view, "Forecasts");
    put_forecast(cpu, " cores", view);
    put_forecast(app, "", view);
}

/* ---- all of it ---- */

static void put_decisions(const json_t *decisions, const struct view *view)
{
    const json_t *decision = NULL;
    size_t i = 0;

    put_heading(view, "Latest decisions to add or remove nodes");
    if (json_array_size(decisions) == 0)
        (void)fprintf(view->out, "  none are recorded\n");
    else
        decision_text_titles(0, view);
    json_array_foreach(decisions, i, decision)
    {
        decision_text_print(decision, 0, view);
    }
}

static void put_fs(const json_t *group, const struct view *view)
{
    const json_t *fs = json_object_get(group, "fs");
    char share[JSON_FIELD_LEN], buffer[TEXT_MAX];
    struct writer text = {.text = buffer, .size = sizeof buffer};

    if (!json_is_object(fs))
        return;
    int64_t filling = json_field_integer(fs, "filling");
    json_field_put_share(fs, "fullest", share);
    writer_print(&text, "the fullest one is at %s", share);
    if (filling > 0)
        writer_print(&text, "; on %" PRId64 " node%s one is full, or will be within six hours", filling,
                     filling == 1 ? "" : "s");
    put(view, "File systems", buffer);
}

int describe_text_print(const json_t *group, const json_t *problems, const json_t *decisions, const struct view *view)
{
    const char *name = json_field_text(group, "name");

    put(view, "Group", name);
    put(view, "Mode", json_field_text(group, "mode"));
    put_nodes(group, view);
    put_decision(group, view);
    put_bounds(group, view);
    put_settings(group, view);
    put_fs(group, view);
    group_text_by_hand(group, view);
    if (problem_text_worst(problems, name) != PROBLEM_NONE) {
        put_heading(view, "Problems");
        (void)problem_text_print(problems, name, view, UINT_MAX);
    }
    int rc = put_resources(group, view);
    put_forecasts(group, view);
    put_heading(view, "Conditions");
    group_text_conditions(group, view);
    if (json_array_size(json_object_get(group, "signals")) > 0)
        put_heading(view, "Signals");
    group_text_signals(group, view);
    put_decisions(decisions, view);
    return rc;
}
