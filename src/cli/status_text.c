#include "cli/status_text.h"

#include "common/format.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#define AGE_MAX 24U

static int64_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "?";
}

/* In whole units, the largest that fits: an age is no exact figure. */
static void format_age(int64_t ms, char *text, size_t size)
{
    static const int64_t units[] = {86400000, 3600000, 60000, 1000};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (ms >= units[i]) {
            format_duration(ms / units[i] * units[i], text, size);
            return;
        }
    format_duration(0, text, size);
}

static void print_condition(const char *name, const json_t *condition, int64_t now_ms, FILE *out)
{
    char age[AGE_MAX];

    format_age(now_ms - number_of(condition, "since_ms"), age, sizeof age);
    (void)fprintf(out, "  %-17s %-5s for %-7s %s\n", name,
                  json_is_true(json_object_get(condition, "status")) ? "true" : "false", age,
                  text_of(condition, "why"));
}

static void print_count(const json_t *group, const char *name, const char *what, FILE *out)
{
    if (number_of(group, name) > 0)
        (void)fprintf(out, ", %" PRId64 " %s", number_of(group, name), what);
}

static void print_decision(const json_t *group, FILE *out)
{
    static const char *const counts[] = {"warming", "returning", "missing", "leaving", "unreported", "protected"};
    const json_t *desired = json_object_get(group, "desired");

    if (json_is_integer(desired))
        (void)fprintf(out, "desired %" PRId64, number_of(group, "desired"));
    else
        (void)fprintf(out, "desired unknown");
    (void)fprintf(out, ", existing %" PRId64 "; %" PRId64 " live", number_of(group, "existing"),
                  number_of(group, "live"));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        print_count(group, counts[i], counts[i], out);
    print_count(group, "pending", "on order", out);
    if (json_is_integer(json_object_get(group, "count")))
        (void)fprintf(out, "; count %" PRId64, number_of(group, "count"));
    (void)fprintf(out, "; min %" PRId64 ", ", number_of(group, "min"));
    if (number_of(group, "max") > 0)
        (void)fprintf(out, "max %" PRId64, number_of(group, "max"));
    else
        (void)fprintf(out, "no max");
    (void)fprintf(out, "; mode %s\n  %s\n", text_of(group, "mode"), text_of(group, "why"));
}

/* The rows are on the collector's disk, and how old the oldest one is that the database does not have. */
static void print_forwarder(const json_t *forwarder, FILE *out)
{
    const char *problem = json_string_value(json_object_get(forwarder, "problem"));
    char behind[AGE_MAX];

    format_age(number_of(forwarder, "behind_ms"), behind, sizeof behind);
    (void)fprintf(out, "  forwarder %s: %s, %s behind", text_of(forwarder, "name"), text_of(forwarder, "condition"),
                  behind);
    print_count(forwarder, "lost_files", "files deleted before they were sent", out);
    (void)fprintf(out, "%s%s\n", problem != NULL ? ": " : "", problem != NULL ? problem : "");
}

/* What a node carries, or what must not be exceeded; nothing for a share. */
static void print_scale(const json_t *signal, FILE *out)
{
    const json_t *per_node = json_object_get(signal, "per_node");
    const json_t *limit = json_object_get(signal, "limit");

    (void)fprintf(out, " (%s", text_of(signal, "kind"));
    if (json_is_number(per_node))
        (void)fprintf(out, ", per-node %.10g", json_number_value(per_node));
    if (json_is_number(limit))
        (void)fprintf(out, " %.10g", json_number_value(limit));
    (void)fprintf(out, ")");
}

/* Why it is missing is the reason of the condition signals-fresh. */
static void print_signal(const json_t *signal, int64_t now_ms, FILE *out)
{
    const json_t *value = json_object_get(signal, "value");
    const json_t *age_ms = json_object_get(signal, "age_ms");
    char text[AGE_MAX];

    (void)fprintf(out, "  signal %s", text_of(signal, "name"));
    print_scale(signal, out);
    if (json_is_number(value)) {
        (void)fprintf(out, ": %.10g", json_number_value(value));
    } else {
        format_age(now_ms - number_of(signal, "missing_since_ms"), text, sizeof text);
        (void)fprintf(out, ": %s for %s", text_of(signal, "state"), text);
    }
    format_age(number_of(signal, "age_ms"), text, sizeof text);
    if (json_is_integer(age_ms))
        (void)fprintf(out, json_is_number(value) ? ", %s old" : ", the last value is %s old", text);
    (void)fprintf(out, "\n");
}

static void print_group(const json_t *group, int64_t now_ms, FILE *out)
{
    const json_t *item = NULL;
    const char *name = NULL;
    size_t i = 0;

    (void)fprintf(out, "\n%s: ", text_of(group, "group"));
    if (json_object_get(group, "decided_ms") != NULL)
        print_decision(group, out);
    else
        (void)fprintf(out, "no decision yet\n");
    json_array_foreach(json_object_get(group, "overrides"), i, item)(void)
        fprintf(out, "  BY HAND: %s\n", text_of(item, "text"));
    json_array_foreach(json_object_get(group, "schedules"), i, item)(void)
        fprintf(out, "  schedule in force: %s\n", json_string_value(item));
    json_array_foreach(json_object_get(group, "signals"), i, item) print_signal(item, now_ms, out);
    json_object_foreach((json_t *)json_object_get(group, "conditions"), name, item)
        print_condition(name, item, now_ms, out);
}

void status_text_print(const json_t *line, int64_t now_ms, FILE *out)
{
    const json_t *collector = json_object_get(line, "collector");
    const json_t *forwarder = NULL;
    size_t i = 0;

    if (collector == NULL) {
        print_group(line, now_ms, out);
        return;
    }
    (void)fprintf(out, "headroom-collector %s, %" PRId64 " group%s\n", text_of(collector, "version"),
                  number_of(collector, "groups"), number_of(collector, "groups") == 1 ? "" : "s");
    print_condition("config-in-force", json_object_get(collector, "config-in-force"), now_ms, out);
    json_array_foreach(json_object_get(collector, "forwarders"), i, forwarder) print_forwarder(forwarder, out);
}
