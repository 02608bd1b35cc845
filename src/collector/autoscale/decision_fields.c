#include "collector/autoscale/decision_fields.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define NUMBER_MAX  1e15 /* larger ones, which no fleet has, are written with an exponent */
#define HTTP_PLACES 4U

/* ---- values that are no plain member ---- */

static const char *voted_resource(const struct decision *decision)
{
    bool voted = decision->rule == RULE_REACTIVE || decision->rule == RULE_FORECAST;

    if (decision->rule == RULE_SIGNAL)
        return decision_resource_name(decision, decision->signal);
    return voted ? decision_resource_name(decision, decision->resource) : NULL;
}

static const char *guarded_resource(const struct decision *decision)
{
    enum scale_guard guard = decision->guard;
    bool bound = guard == GUARD_LOW || guard == GUARD_PROJECTION || guard == GUARD_UNREAD ||
                 guard == GUARD_MISSING_NODES || guard == GUARD_SIGNAL_MISSING;

    return bound ? decision_resource_name(decision, decision->guard_resource) : NULL;
}

/* 0: there is none. */
static uint64_t absent_if_0(uint64_t count)
{
    return count > 0 ? count : DECISION_NO_COUNT;
}

/* An order may be for no node at all. */
static uint64_t order_to(const struct decision *decision)
{
    return decision->action == ACTION_DOWN ? decision->to : absent_if_0(decision->to);
}

static uint64_t order_epoch(const struct decision *decision)
{
    return decision->order_number > 0 ? absent_if_0(decision->order_epoch) : DECISION_NO_COUNT;
}

static uint64_t order_number(const struct decision *decision)
{
    return absent_if_0(decision->order_number);
}

static uint64_t counted_nodes(const struct decision *decision)
{
    return decision->observed.counted ? decision->observed.count : DECISION_NO_COUNT;
}

static uint64_t pinned_nodes(const struct decision *decision)
{
    return absent_if_0(decision->observed.pin);
}

static uint64_t maximum(const struct decision *decision)
{
    return absent_if_0(decision->settings.nodes_max); /* SETTING_LIMIT_NONE is absent too */
}

/* Of the resource that decided. */
static double high_threshold(const struct decision *decision, enum resource resource)
{
    (void)resource;
    return decision->settings.thresholds[decision->resource].high;
}

static double target_threshold(const struct decision *decision, enum resource resource)
{
    (void)resource;
    return decision->settings.thresholds[decision->resource].target;
}

/* NaN: the group has no application with a number of its own. */
static double app_demand(const struct decision *decision, enum resource resource)
{
    const struct resource_observation *app = &decision->observed.resource[RESOURCE_APP];

    (void)resource;
    return app->nodes > 0 ? app->demand : NAN;
}

static double app_capacity(const struct decision *decision, enum resource resource)
{
    const struct resource_observation *app = &decision->observed.resource[RESOURCE_APP];

    (void)resource;
    return app->nodes > 0 ? app->capacity : NAN;
}

/* Over all resources; 0: all abstained. */
static double largest_vote(const unsigned *votes)
{
    unsigned largest = 0;

    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        if (votes[r] > largest)
            largest = votes[r];
    return largest;
}

static double largest_reactive_vote(const struct decision *decision, enum resource resource)
{
    (void)resource;
    return largest_vote(decision->vote_reactive);
}

static double largest_forecast_vote(const struct decision *decision, enum resource resource)
{
    (void)resource;
    return largest_vote(decision->vote_forecast);
}

/* ---- the table ---- */

static const char *const order_names[] = {
    [ORDER_NONE] = "",
    [ORDER_INTENT] = "intent",
    [ORDER_PUBLISHED] = "published",
    [ORDER_ACCEPTED] = "accepted",
    [ORDER_FAILED] = "failed",
    [ORDER_WITHOUT_EFFECT] = "without-effect",
    [ORDER_WITHDRAWN] = "withdrawn",
    [ORDER_UNKNOWN] = "unknown",
    [ORDER_GIVEN_UP] = "given-up",
};

#define SAME(name)         .csv = (name), .json = (name)
#define IN_RECORD(member)  .in_record = true, .offset = offsetof(struct decision_record, member)
#define MEMBER(member)     .offset = offsetof(struct decision, member)
#define EACH(array)        MEMBER(array[0]), .stride = sizeof(((struct decision *)NULL)->array[0])
#define EACH_OF(array, of) MEMBER(array[0].of), .stride = sizeof(((struct decision *)NULL)->array[0])

#define COUNT(...)    .kind = DECISION_COUNT, __VA_ARGS__
#define NUMBER(...)   .kind = DECISION_NUMBER, __VA_ARGS__
#define SHARE(...)    .kind = DECISION_SHARE, .decimals = 2, __VA_ARGS__
#define DURATION(...) .kind = DECISION_DURATION, .decimals = 3, __VA_ARGS__
#define FLAG(...)     .kind = DECISION_FLAG, __VA_ARGS__
#define WORD(...)     .kind = DECISION_WORD, __VA_ARGS__

#define RESOURCE .scope = DECISION_OF_RESOURCE
#define FORECAST .scope = DECISION_OF_FORECAST

#define ROW(id, ...) [DECISION_FIELD_##id] = {__VA_ARGS__},
const struct decision_field decision_fields[DECISION_FIELD_COUNT] = {DECISION_FIELDS(ROW)};

/* ---- values ---- */

static struct decision_value value_at(const struct decision_field *field, const void *at)
{
    struct decision_value value = {.kind = field->kind};

    switch (field->kind) {
    case DECISION_COUNT:
        value.count = *(const unsigned *)at;
        break;
    case DECISION_NUMBER:
    case DECISION_SHARE:
        value.number = *(const double *)at;
        break;
    case DECISION_DURATION:
    case DECISION_TIME:
        value.ms = *(const int64_t *)at;
        break;
    case DECISION_FLAG:
        value.flag = *(const bool *)at;
        break;
    case DECISION_WORD:
    case DECISION_TEXT:
        value.text = field->words != NULL ? field->words[*(const unsigned *)at] : *(const char *const *)at;
        break;
    case DECISION_SIGNALS:
        value.observed = at;
        break;
    case DECISION_ABSENT:
        break;
    }
    return value;
}

struct decision_value decision_fields_value(const struct decision_field *field, const struct decision_record *record,
                                            enum resource resource)
{
    const void *owner = field->in_record ? (const void *)record : (const void *)record->decision;
    struct decision_value value = {.kind = field->kind};

    if (field->scope == DECISION_OF_FORECAST && !record->decision->forecast[resource].valid)
        return (struct decision_value){.kind = DECISION_ABSENT};
    if (field->number != NULL)
        value.number = field->number(record->decision, resource);
    else if (field->count != NULL)
        value.count = field->count(record->decision);
    else if (field->word != NULL)
        value.text = field->word(record->decision);
    else
        value = value_at(field, (const char *)owner + field->offset + resource * field->stride);
    bool is_word = value.kind == DECISION_WORD || value.kind == DECISION_TEXT;
    bool is_number = value.kind == DECISION_NUMBER || value.kind == DECISION_SHARE;
    bool is_count = field->count != NULL;
    if ((is_count && value.count == DECISION_NO_COUNT) || (is_word && value.text == NULL) ||
        (is_number && isnan(value.number)))
        value.kind = DECISION_ABSENT;
    return value;
}

/* ---- decisions.csv, and the journal ---- */

static void put_decimal(struct writer *writer, double number, unsigned decimals)
{
    writer_putf(writer, fabs(number) < NUMBER_MAX ? "%.*f" : "%.*e", (int)decimals, number);
}

static void put_signal(struct writer *writer, const struct signal_observation *signal)
{
    static const char *const states[] = {[SIGNAL_MISSING] = "missing", [SIGNAL_GONE] = "gone"};

    writer_putf(writer, "%s=", signal->name);
    if (signal->state == SIGNAL_PRESENT)
        writer_putf(writer, "%.9g age=%.3f", signal->value, (double)signal->age_ms / 1000.0);
    else
        writer_put(writer, states[signal->state]);
    if (signal->has_nodes)
        writer_putf(writer, " nodes=%u", signal->nodes);
    if (signal->floor > 0)
        writer_putf(writer, " floor=%u", signal->floor);
}

static void put_signals(struct writer *writer, const struct group_observation *observed)
{
    bool any = false;

    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++) {
        if (!signal_is_used(&observed->signal[i]))
            continue;
        writer_put(writer, any ? ";" : "");
        put_signal(writer, &observed->signal[i]);
        any = true;
    }
}

void decision_fields_put_text(struct writer *writer, const struct decision_field *field,
                              const struct decision_value *value)
{
    switch (value->kind) {
    case DECISION_COUNT:
        writer_put_unsigned(writer, value->count);
        break;
    case DECISION_NUMBER:
        put_decimal(writer, value->number, field->decimals);
        break;
    case DECISION_SHARE:
        put_decimal(writer, 100.0 * value->number, field->decimals);
        break;
    case DECISION_DURATION:
        put_decimal(writer, (double)value->ms / 1000.0, field->decimals);
        break;
    case DECISION_TIME:
        writer_putf(writer, "%" PRId64 ".%03" PRId64, value->ms / 1000, value->ms % 1000);
        break;
    case DECISION_FLAG:
        writer_put(writer, value->flag ? "1" : "0");
        break;
    case DECISION_WORD:
    case DECISION_TEXT:
        writer_put(writer, value->text);
        break;
    case DECISION_SIGNALS:
        put_signals(writer, value->observed);
        break;
    case DECISION_ABSENT:
        break;
    }
}

/* RFC 4180: in quotes, a quote is doubled. Cut so that the closing quote and the newline fit. */
static void put_quoted(struct writer *row, const char *text)
{
    writer_put(row, "\"");
    for (; *text != '\0' && row->size - row->len > 4; text++)
        writer_put_bytes(row, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    writer_put(row, "\"");
}

static size_t put_line(char *text, const struct decision_record *record)
{
    struct writer line = {.text = text, .size = DECISION_ROW_MAX};

    for (size_t i = 0; i < DECISION_FIELD_COUNT; i++) {
        const struct decision_field *field = &decision_fields[i];
        if (field->csv == NULL)
            continue;
        if (line.len > 0)
            writer_put(&line, ",");
        if (record == NULL) {
            writer_put(&line, field->csv);
            continue;
        }
        struct decision_value value = decision_fields_value(field, record, field->resource);
        if (value.kind == DECISION_TEXT)
            put_quoted(&line, value.text);
        else
            decision_fields_put_text(&line, field, &value);
    }
    writer_put(&line, "\n");
    assert(!line.full);
    return line.len;
}

size_t decision_fields_put_header(char *text)
{
    size_t len = put_line(text, NULL);

    text[len] = '\0';
    return len;
}

size_t decision_fields_put_row(char *text, const struct decision_record *record)
{
    return put_line(text, record);
}

/* ---- HTTP API, Prometheus ---- */

void decision_fields_put_http(struct writer *writer, const struct decision_value *value)
{
    switch (value->kind) {
    case DECISION_COUNT:
        writer_put_unsigned(writer, value->count);
        break;
    case DECISION_NUMBER:
    case DECISION_SHARE:
        writer_put_number(writer, value->number, HTTP_PLACES);
        break;
    case DECISION_DURATION:
    case DECISION_TIME:
        writer_put_signed(writer, value->ms);
        break;
    case DECISION_FLAG:
        writer_put(writer, value->flag ? "true" : "false");
        break;
    case DECISION_WORD:
    case DECISION_TEXT:
        writer_put_string(writer, value->text);
        break;
    case DECISION_SIGNALS: /* which the API has as objects */
    case DECISION_ABSENT:
        writer_put(writer, "null");
        break;
    }
}

double decision_fields_base_unit(const struct decision_value *value)
{
    switch (value->kind) {
    case DECISION_COUNT:
        return (double)value->count;
    case DECISION_NUMBER:
    case DECISION_SHARE:
        return value->number;
    case DECISION_DURATION:
    case DECISION_TIME:
        return (double)value->ms / 1000.0;
    case DECISION_FLAG:
        return value->flag;
    default:
        return NAN;
    }
}
