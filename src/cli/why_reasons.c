#include "cli/why_reasons.h"

#include "cli/json_field.h"
#include "common/writer.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* What a guard keeps from being done. docs/scaler.md describes them. */
enum side { OF_BOTH, OF_MORE, OF_FEWER };

static const struct {
    const char *guard;
    enum side side;
    const char *reason;
} guards[] = {
    {"no-data", OF_BOTH, "No node reports, so nothing is decided; only the minimum is restored."},
    {"elsewhere", OF_BOTH, "Another collector orders for this group."},
    {"futile", OF_MORE, "The number of nodes has doubled, and utilisation has not fallen: more nodes do not help."},
    {"roll-call", OF_FEWER,
     "Roll call: after a start, or when many nodes have come back, nothing is removed until all have had time to "
     "report."},
    {"missing-nodes", OF_FEWER,
     "The nodes that do not report may exist and be busy: with their load, fewer nodes could be too few."},
    {"unread", OF_FEWER, "Nodes without a reading count as busy: with their load, fewer nodes could be too few."},
    {"signal-missing", OF_FEWER, "Nothing is removed while the value of a signal is unknown."},
    {"low", OF_FEWER, "Nothing is removed while utilisation is above low."},
    {"projection", OF_FEWER, "With fewer nodes, a resource would exceed its high."},
    {"protected", OF_FEWER,
     "Too few nodes may be removed: the others protect themselves, are new, or have no reading."},
    {"uncounted", OF_FEWER, "The hook chooses the nodes itself, and can't say how many there are."},
    {"ordered", OF_FEWER, "An earlier order is still being carried out."},
    {"dead-band", OF_FEWER, "The decrease would be too small to be worth it."},
    {"unrecorded", OF_FEWER, "Nothing is removed while decisions.csv can't be written."},
    {"churn", OF_FEWER, "As many scale-ins as are allowed were ordered within the last hour."},
};

static const json_t *row_of(const json_t *decision)
{
    return json_object_get(decision, "row");
}

static int64_t row_integer(const json_t *decision, const char *name)
{
    return json_field_integer(row_of(decision), name);
}

/* ---- reasons for both ---- */

/* What holds the group where it is. */
static bool put_hold(struct writer *text, const json_t *decision, bool is_more)
{
    const json_t *row = row_of(decision);
    bool is_held =
        json_field_equals(decision, "guard", "mode") && (!is_more || !json_field_equals(row, "mode", "out-only"));

    if (json_field_is_set(row, "pin"))
        writer_print(text, "A person has pinned the group to %" PRId64 " nodes.", row_integer(decision, "pin"));
    else if (json_field_is_set(row, "paused"))
        writer_print(text, "A person has paused all orders.");
    else if (!is_more && json_field_is_set(row, "paused_in"))
        writer_print(text, "A person has paused scale-in.");
    else if (is_held)
        writer_print(text, "The mode %s does not allow it.", json_field_text(row, "mode"));
    else
        return false;
    return true;
}

static bool put_guard(struct writer *text, const json_t *decision, enum side side)
{
    for (size_t i = 0; i < sizeof guards / sizeof *guards; i++) {
        if (!json_field_equals(decision, "guard", guards[i].guard) ||
            (guards[i].side != side && guards[i].side != OF_BOTH))
            continue;
        writer_print(text, "%s", guards[i].reason);
        return true;
    }
    return false;
}

/* ---- more ---- */

/* How far the resource that decided is from its limit: cpu, where none did. */
static void put_distance(struct writer *text, const json_t *decision)
{
    const json_t *row = row_of(decision);
    const char *resource = json_object_get(row, "resource") != NULL ? json_field_text(row, "resource") : "cpu";
    double now = json_field_number(row, resource);
    double high = json_field_number(row, "high");
    double bound = json_field_number(row, "cpu_forecast_bound") / json_field_number(row, "cpu_capacity");

    if (isnan(now) || isnan(high))
        return;
    writer_print(text, " %s is at %.0f%%", resource, now);
    if (strcmp(resource, "cpu") == 0 && isfinite(bound))
        writer_print(text, ", and at %.0f%% with the forecast", 100.0 * bound);
    writer_print(text, "; its high is %.0f%%.", high);
}

void why_reasons_not_more(const json_t *decision, char *text, size_t size)
{
    struct writer writer = {.text = text, .size = size};
    bool is_up = json_field_equals(decision, "action", "up");
    int64_t raw = json_field_integer(decision, "raw");

    if (put_hold(&writer, decision, true) || put_guard(&writer, decision, OF_MORE))
        return;
    if (json_field_equals(decision, "guard", "maximum"))
        writer_print(&writer, "The load needs %" PRId64 " nodes, and the maximum is %" PRId64 ".", raw,
                     row_integer(decision, "nodes_max"));
    else if (is_up && json_field_equals(decision, "guard", "step"))
        writer_print(&writer, "One order at most doubles the group; the votes are for %" PRId64 " nodes.", raw);
    else if (raw == 0)
        writer_print(&writer, "No vote asks for nodes.");
    else
        writer_print(&writer, "The largest vote is for %" PRId64 " node%s.", raw, raw == 1 ? "" : "s");
    if (!is_up)
        put_distance(&writer, decision);
}

/* ---- fewer ---- */

/* Guards that are explained with a number. */
static bool put_fewer_guard(struct writer *text, const json_t *decision)
{
    double window_s = json_field_number(row_of(decision), "stabilization_s");

    if (json_field_equals(decision, "guard", "stabilization"))
        writer_print(text, "Fewer nodes must have been enough for the whole stabilization window, %.0f s.", window_s);
    else if (json_field_equals(decision, "guard", "undone"))
        writer_print(text, "The last scale-in had to be undone, so the next one waits for %.0f s.", window_s);
    else if (json_field_equals(decision, "guard", "minimum"))
        writer_print(text, "The minimum is %" PRId64 ".", row_integer(decision, "nodes_min"));
    else if (json_field_equals(decision, "guard", "step") && json_field_equals(decision, "action", "down"))
        writer_print(text, "One order removes at most half of the group.");
    else
        return false;
    return true;
}

/* What one node less would mean, if all nodes are alike. */
static void put_one_less(struct writer *text, const json_t *decision)
{
    const json_t *row = row_of(decision);
    int64_t nodes = json_field_integer(row, "carrying");
    double less = (double)nodes / (double)(nodes - 1);
    double now = json_field_number(row, "cpu");
    double bound = 100.0 * json_field_number(row, "cpu_forecast_bound") / json_field_number(row, "cpu_capacity");

    if (nodes < 2 || isnan(now))
        return;
    writer_print(text, " With one node less, cpu would be at about %.0f%%", now * less);
    if (isfinite(bound))
        writer_print(text, ", and at about %.0f%% with the forecast", bound * less);
    writer_print(text, ".");
}

void why_reasons_not_fewer(const json_t *decision, char *text, size_t size)
{
    struct writer writer = {.text = text, .size = size};
    int64_t raw = json_field_integer(decision, "raw");
    int64_t min = row_integer(decision, "nodes_min");

    if (put_hold(&writer, decision, false) || put_guard(&writer, decision, OF_FEWER) ||
        put_fewer_guard(&writer, decision))
        return;
    if (json_field_integer(decision, "desired") <= min) {
        writer_print(&writer, "The minimum is %" PRId64 ".", min);
        return;
    }
    writer_print(&writer, "The largest vote is for %" PRId64 " node%s.", raw, raw == 1 ? "" : "s");
    if (json_field_equals(decision, "action", "hold"))
        put_one_less(&writer, decision);
}
