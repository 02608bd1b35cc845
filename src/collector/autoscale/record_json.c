#include "collector/autoscale/record_json.h"

#include "common/limits.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS 15 /* of a number that is not whole */

/* Each of these takes NULL for "out of memory" and passes it on, so that the caller checks once, at the end. */

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *json_of(const struct decision_value *value)
{
    switch (value->kind) {
    case DECISION_COUNT:
        return json_integer((json_int_t)value->count);
    case DECISION_NUMBER:
        return number(value->number);
    case DECISION_SHARE:
        return number(100.0 * value->number);
    case DECISION_DURATION:
    case DECISION_TIME:
        return number((double)value->ms / 1000.0);
    case DECISION_FLAG:
        return json_boolean(value->flag);
    case DECISION_WORD:
    case DECISION_TEXT:
        return json_string(value->text);
    case DECISION_SIGNALS: /* which have objects */
    case DECISION_ABSENT:
        return json_null();
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

static bool put_fields(bool well, json_t *object, enum decision_scope scope, const struct decision_record *record,
                       enum resource resource)
{
    for (size_t i = 0; well && i < DECISION_FIELD_COUNT; i++) {
        const struct decision_field *field = &decision_fields[i];
        if (field->json == NULL || field->scope != scope)
            continue;
        struct decision_value value = decision_fields_value(field, record, resource);
        well = put(well, object, field->json, json_of(&value));
    }
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

static json_t *forecast_object(const struct decision_record *record, enum resource resource)
{
    if (!record->decision->forecast[resource].valid)
        return json_null();
    json_t *object = json_object();
    return finish(put_fields(object != NULL, object, DECISION_OF_FORECAST, record, resource), object);
}

static json_t *resource_object(const struct decision_record *record, enum resource resource)
{
    json_t *object = json_object();

    bool well = put_fields(object != NULL, object, DECISION_OF_RESOURCE, record, resource);
    well = put(well, object, "forecast", forecast_object(record, resource));
    return finish(well, object);
}

/* ---- signals ---- */

static bool put_count(bool well, json_t *object, const char *name, bool is_known, unsigned count)
{
    return is_known ? put(well, object, name, json_integer((json_int_t)count)) : well;
}

/* What it says, and what follows from it as from any resource. */
static json_t *signal_object(const struct decision_record *record, unsigned place)
{
    static const char *const states[] = {
        [SIGNAL_PRESENT] = "present", [SIGNAL_MISSING] = "missing", [SIGNAL_GONE] = "gone"};
    const struct signal_observation *signal = &record->decision->observed.signal[place];
    bool is_present = signal->state == SIGNAL_PRESENT;
    json_t *object = resource_object(record, RESOURCE_SIGNAL_0 + place);
    bool well = put(object != NULL, object, "kind", json_string(signal_kind_names[signal->kind]));

    well = put(well, object, "state", json_string(states[signal->state]));
    well = put(well, object, "value", number(is_present ? signal->value : NAN));
    well = put(well, object, "age_s", number(is_present ? (double)signal->age_ms / 1000.0 : NAN));
    if (signal->kind == SIGNAL_LOAD)
        well = put(well, object, "per_node", number(signal->per_node));
    if (signal->kind == SIGNAL_LIMIT)
        well = put(well, object, "limit", number(signal->limit));
    well = put_count(well, object, "reported_nodes", signal->has_nodes, signal->nodes);
    well = put_count(well, object, "floor", signal->floor > 0, signal->floor);
    return finish(well, object);
}

static json_t *signal_objects(const struct decision_record *record)
{
    const struct group_observation *observed = &record->decision->observed;
    json_t *object = json_object();
    bool well = object != NULL;

    for (unsigned i = 0; well && i < SIGNALS_OF_GROUP_MAX; i++)
        if (signal_is_used(&observed->signal[i]))
            well = put(well, object, observed->signal[i].name, signal_object(record, i));
    return finish(well, object);
}

/* ---- the whole ---- */

static json_t *victim_list(const struct decision_record *record)
{
    unsigned count = record->victim_count < VICTIMS_MAX ? record->victim_count : VICTIMS_MAX;
    json_t *list = json_array();
    bool well = list != NULL;

    for (unsigned i = 0; well && i < count; i++)
        well = json_array_append_new(list, json_string(record->victims[i])) == 0;
    return finish(well, list);
}

/* Most groups have no application with a number of its own. */
static bool is_there(const struct decision_record *record, enum resource resource)
{
    const struct resource_observation *o = &record->decision->observed.resource[resource];

    return resource != RESOURCE_APP || o->nodes > 0 || o->unread > 0;
}

static bool has_signals(const struct decision_record *record)
{
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++)
        if (signal_is_used(&record->decision->observed.signal[i]))
            return true;
    return false;
}

static json_t *record_object(const struct decision_record *record)
{
    json_t *object = json_object();

    bool well = put_fields(object != NULL, object, DECISION_OF_ALL, record, RESOURCE_CPU);
    for (enum resource r = 0; well && r < RESOURCE_NODE_COUNT; r++)
        if (is_there(record, r))
            well = put(well, object, resource_names[r], resource_object(record, r));
    if (has_signals(record))
        well = put(well, object, "signals", signal_objects(record));
    well = put(well, object, "victims", victim_list(record));
    well = put(well, object, "why", json_string(record->why));
    return finish(well, object);
}

int record_json_text(const struct decision_record *record, char **text, size_t *len)
{
    json_t *object = record_object(record);

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
