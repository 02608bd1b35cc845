#include "cli/group_text.h"

#include "cli/json_field.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

/* In the order in which they are shown. For `limited` false is the usual value. */
static const char *const conditions[] = {"able-to-scale",    "data-complete", "limited",
                                         "forecast-trusted", "signals-fresh", "helping"};

const char *group_text_reason(const json_t *group)
{
    const char *why = json_field_text(group, "why");
    const char *name = json_field_text(group, json_object_get(group, "group") != NULL ? "group" : "name");
    size_t len = strlen(name);

    return strncmp(why, name, len) == 0 && strncmp(why + len, ": ", 2) == 0 ? why + len + 2 : why;
}

static void put_condition(const char *name, const json_t *condition, const struct view *view)
{
    bool holds = json_is_true(json_object_get(condition, "status"));
    bool is_usual = holds == (strcmp(name, "limited") != 0);
    char age[VIEW_AGE_LEN];

    view_age(view->now_ms - json_field_integer(condition, "since_ms"), age);
    (void)fprintf(view->out, "  %-16s  ", name);
    view_colour(view, is_usual ? VIEW_PLAIN : VIEW_YELLOW);
    (void)fprintf(view->out, "%-5s", holds ? "true" : "false");
    view_colour(view, VIEW_PLAIN);
    (void)fprintf(view->out, "  for %-6s  ", age);
    view_wrap(view, 39, json_field_text(condition, "why"));
}

void group_text_conditions(const json_t *group, const struct view *view)
{
    const json_t *all = json_object_get(group, "conditions");

    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
        if (json_object_get(all, conditions[i]) != NULL)
            put_condition(conditions[i], json_object_get(all, conditions[i]), view);
}

void group_text_by_hand(const json_t *group, const struct view *view)
{
    const json_t *item = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(group, "overrides"), i, item)
    {
        (void)fprintf(view->out, "  by hand: ");
        view_wrap(view, 11, json_field_text(item, "text"));
    }
    json_array_foreach(json_object_get(group, "schedules"), i, item)
    {
        const char *name = json_string_value(item);
        (void)fprintf(view->out, "  schedule in force: %s\n", name != NULL ? name : "-");
    }
}

/* What a node carries, or what must not be exceeded; nothing for a share. */
static void put_scale(const json_t *signal, FILE *out)
{
    const json_t *per_node = json_object_get(signal, "per_node");
    const json_t *limit = json_object_get(signal, "limit");

    (void)fprintf(out, " (%s", json_field_text(signal, "kind"));
    if (json_is_number(per_node))
        (void)fprintf(out, ", per-node %.10g", json_number_value(per_node));
    if (json_is_number(limit))
        (void)fprintf(out, " %.10g", json_number_value(limit));
    (void)fprintf(out, ")");
}

/* Why it is missing is the reason of the condition signals-fresh. */
static void put_signal(const json_t *signal, const struct view *view)
{
    const json_t *value = json_object_get(signal, "value");
    const json_t *age_ms = json_object_get(signal, "age_ms");
    char text[VIEW_AGE_LEN];

    (void)fprintf(view->out, "  signal %s", json_field_text(signal, "name"));
    put_scale(signal, view->out);
    if (json_is_number(value)) {
        (void)fprintf(view->out, ": %.10g", json_number_value(value));
    } else {
        view_age(view->now_ms - json_field_integer(signal, "missing_since_ms"), text);
        (void)fprintf(view->out, ": %s for %s", json_field_text(signal, "state"), text);
    }
    view_age(json_field_integer(signal, "age_ms"), text);
    if (json_is_integer(age_ms))
        (void)fprintf(view->out, json_is_number(value) ? ", %s old" : ", the last value is %s old", text);
    (void)fprintf(view->out, "\n");
}

void group_text_signals(const json_t *group, const struct view *view)
{
    const json_t *signal = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(group, "signals"), i, signal)
    {
        put_signal(signal, view);
    }
}
