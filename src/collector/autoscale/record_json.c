#include "collector/autoscale/record_json.h"

#include "common/limits.h"
#include "scaler/decision.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS 15 /* of a number that is not whole */

enum kind {
    KIND_COUNT,   /* unsigned */
    KIND_NUMBER,  /* double; null if not finite */
    KIND_PERCENT, /* double, a share */
    KIND_SECONDS, /* int64_t, milliseconds */
    KIND_FLAG,    /* bool */
    KIND_WORD     /* an enum, named by a table */
};

struct field {
    const char *name;
    enum kind kind;
    size_t offset;
    const char *const *words;
};

#define IN(type, name, kind, member)                                                                                   \
    {                                                                                                                  \
        name, kind, offsetof(struct type, member), NULL                                                                \
    }
#define WORD(name, member, words)                                                                                      \
    {                                                                                                                  \
        name, KIND_WORD, offsetof(struct decision, member), words                                                      \
    }
#define SIZE(table) (sizeof(table) / sizeof *(table))

static const struct field decision_fields[] = {
    WORD("action", action, action_names),
    IN(decision, "current", KIND_COUNT, current),
    IN(decision, "raw", KIND_COUNT, raw),
    IN(decision, "desired", KIND_COUNT, desired),
    WORD("rule", rule, rule_names),
    WORD("guard", guard, guard_names),
    IN(decision, "live", KIND_COUNT, observed.live),
    IN(decision, "stale", KIND_COUNT, observed.stale),
    IN(decision, "unreported", KIND_COUNT, observed.unreported),
    IN(decision, "warming", KIND_COUNT, observed.warming),
    IN(decision, "pending", KIND_COUNT, pending),
    IN(decision, "leaving", KIND_COUNT, leaving),
    IN(decision, "expired", KIND_COUNT, expired),
    IN(decision, "futile", KIND_FLAG, futile),
    IN(decision, "age_s", KIND_SECONDS, observed.age_ms),
    WORD("mode", settings.mode, mode_names),
    IN(decision, "price", KIND_NUMBER, settings.price),
    IN(decision, "nodes_min", KIND_COUNT, settings.nodes_min),
    IN(decision, "nodes_max", KIND_COUNT, settings.nodes_max),
    IN(decision, "tick_s", KIND_SECONDS, settings.tick_ms),
    IN(decision, "lead_time_s", KIND_SECONDS, lead_ms),
    IN(decision, "lead_times_seen", KIND_COUNT, lead_seen),
    IN(decision, "stabilization_s", KIND_SECONDS, window_ms),
};

static const struct field observation_fields[] = {
    IN(resource_observation, "demand", KIND_NUMBER, demand),
    IN(resource_observation, "capacity", KIND_NUMBER, capacity),
    IN(resource_observation, "nodes", KIND_COUNT, nodes),
    IN(resource_observation, "pressure_percent", KIND_PERCENT, pressure),
};

static const struct field threshold_fields[] = {
    IN(thresholds, "high_percent", KIND_PERCENT, high),
    IN(thresholds, "target_percent", KIND_PERCENT, target),
    IN(thresholds, "low_percent", KIND_PERCENT, low),
};

static const struct field forecast_fields[] = {
    {"forecaster", KIND_WORD, offsetof(struct forecast, forecaster), forecaster_names},
    IN(forecast, "horizon_s", KIND_SECONDS, horizon_ms),
    IN(forecast, "expected", KIND_NUMBER, expected),
    IN(forecast, "low", KIND_NUMBER, low),
    IN(forecast, "high", KIND_NUMBER, high),
    IN(forecast, "bound", KIND_NUMBER, bound),
    IN(forecast, "above_percent", KIND_PERCENT, above),
    IN(forecast, "price", KIND_NUMBER, price),
    IN(forecast, "price_promised", KIND_NUMBER, promised),
    IN(forecast, "price_paid", KIND_NUMBER, paid),
    IN(forecast, "coverage_percent", KIND_PERCENT, coverage),
    IN(forecast, "scored", KIND_COUNT, scored),
    IN(forecast, "slope_per_s", KIND_NUMBER, slope),
};

/* All of these take NULL for out of memory, and hand it on: who asks looks once, at the end. */

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *value_of(const struct field *field, const void *data)
{
    const void *at = (const char *)data + field->offset;

    switch (field->kind) {
    case KIND_COUNT:
        return json_integer(*(const unsigned *)at);
    case KIND_NUMBER:
        return number(*(const double *)at);
    case KIND_PERCENT:
        return number(100.0 * *(const double *)at);
    case KIND_SECONDS:
        return number((double)*(const int64_t *)at / 1000.0);
    case KIND_FLAG:
        return json_boolean(*(const bool *)at);
    case KIND_WORD:
        return json_string(field->words[*(const unsigned *)at]);
    }
    return NULL;
}

/* Whether it went well so far and does now. */
static bool put(bool well, json_t *object, const char *name, json_t *value)
{
    if (!well) {
        json_decref(value);
        return false;
    }
    return json_object_set_new(object, name, value) == 0; /* which also takes NULL, and fails */
}

static bool put_fields(bool well, json_t *object, const struct field *fields, size_t count, const void *data)
{
    for (size_t i = 0; well && i < count; i++)
        well = put(well, object, fields[i].name, value_of(&fields[i], data));
    return well;
}

/* The object, if all went well. */
static json_t *finish(bool well, json_t *object)
{
    if (well)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *forecast_object(const struct forecast *forecast)
{
    if (!forecast->valid)
        return json_null();
    json_t *object = json_object();
    return finish(put_fields(object != NULL, object, forecast_fields, SIZE(forecast_fields), forecast), object);
}

static json_t *resource_object(const struct decision *d, enum resource r)
{
    json_t *object = json_object();

    bool well = put(object != NULL, object, "utilisation_percent", number(100.0 * d->utilisation[r]));
    well = put_fields(well, object, observation_fields, SIZE(observation_fields), &d->observed.resource[r]);
    well = put_fields(well, object, threshold_fields, SIZE(threshold_fields), &d->settings.thresholds[r]);
    well = put(well, object, "saturated", json_boolean(d->saturated[r]));
    well = put(well, object, "reactive_vote", json_integer(d->vote_reactive[r]));
    well = put(well, object, "forecast_vote", json_integer(d->vote_forecast[r]));
    well = put(well, object, "forecast_percent", number(100.0 * decision_forecast_utilisation(d, r)));
    well = put(well, object, "forecast", forecast_object(&d->forecast[r]));
    return finish(well, object);
}

static json_t *resource_word(bool applies, enum resource resource)
{
    return applies ? json_string(resource_names[resource]) : json_null();
}

static json_t *victim_list(const struct record *record)
{
    unsigned count = record->victim_count < VICTIMS_MAX ? record->victim_count : VICTIMS_MAX;
    json_t *list = json_array();
    bool well = list != NULL;

    for (unsigned i = 0; well && i < count; i++)
        well = json_array_append_new(list, json_string(record->victims[i])) == 0;
    return finish(well, list);
}

json_t *record_json_object(const struct record *record)
{
    const struct decision *d = record->decision;
    bool voted = d->rule == RULE_REACTIVE || d->rule == RULE_FORECAST;
    bool bound = d->guard == GUARD_LOW || d->guard == GUARD_PROJECTION;
    json_t *object = json_object();

    bool well = put(object != NULL, object, "timestamp_s", json_real((double)record->wall_ms / 1000.0));
    well = put(well, object, "group", json_string(record->group));
    well = put_fields(well, object, decision_fields, SIZE(decision_fields), d);
    well = put(well, object, "resource", resource_word(voted, d->resource));
    well = put(well, object, "guard_resource", resource_word(bound, d->guard_resource));
    for (enum resource r = 0; well && r < RESOURCE_COUNT; r++)
        well = put(well, object, resource_names[r], resource_object(d, r));
    well = put(well, object, "victims", victim_list(record));
    well = put(well, object, "why", json_string(record->why));
    return finish(well, object);
}

int record_json_text(const struct record *record, char **text, size_t *len)
{
    json_t *object = record_json_object(record);

    if (object == NULL)
        return -ENOMEM;
    char *line = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
    json_decref(object);
    if (line == NULL)
        return -ENOMEM;
    size_t used = strlen(line);
    if (used > RECORD_LEN_MAX) {
        free(line);
        return -E2BIG;
    }
    *text = line;
    *len = used;
    return 0;
}
