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

    return voted ? resource_names[decision->resource] : NULL;
}

static const char *guarded_resource(const struct decision *decision)
{
    bool bound = decision->guard == GUARD_LOW || decision->guard == GUARD_PROJECTION;

    return bound ? resource_names[decision->guard_resource] : NULL;
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
    [ORDER_NONE] = "", [ORDER_INTENT] = "intent", [ORDER_ACCEPTED] = "accepted", [ORDER_FAILED] = "failed"};

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

/* The order is that of decisions.csv, and within each of its objects that of JSON. Where these two differ a field has a
 * row for each. */
/* clang-format off */
const struct decision_field decision_fields[] = {
    {.csv = "timestamp", .json = "timestamp_s", .kind = DECISION_TIME, IN_RECORD(wall_ms)},
    {SAME("group"), .journal = "HEADROOM_GROUP", WORD(IN_RECORD(group))},
    {SAME("action"), .journal = "HEADROOM_ACTION", .http = "action", WORD(MEMBER(action), .words = action_names)},
    {SAME("current"), .journal = "HEADROOM_CURRENT", .http = "current", COUNT(MEMBER(current))},
    {SAME("raw"), .journal = "HEADROOM_RAW", .http = "raw", COUNT(MEMBER(raw))},
    {SAME("desired"), .journal = "HEADROOM_DESIRED", .http = "desired", COUNT(MEMBER(desired))},
    {SAME("rule"), .journal = "HEADROOM_RULE", .http = "rule", WORD(MEMBER(rule), .words = rule_names)},
    {.csv = "resource", WORD(.word = voted_resource)},
    {SAME("guard"), .journal = "HEADROOM_GUARD", .http = "guard", WORD(MEMBER(guard), .words = guard_names)},
    {.csv = "mode", .journal = "HEADROOM_MODE", .http = "mode", WORD(MEMBER(settings.mode), .words = mode_names)},
    {SAME("live"), .journal = "HEADROOM_LIVE", COUNT(MEMBER(observed.live))},
    {SAME("stale"), .journal = "HEADROOM_STALE", COUNT(MEMBER(observed.stale))},
    {SAME("unreported"), COUNT(MEMBER(observed.unreported))},
    {SAME("warming"), .http = "warming", COUNT(MEMBER(observed.warming))},
    {SAME("pending"), .journal = "HEADROOM_PENDING", .http = "pending", COUNT(MEMBER(pending))},
    {SAME("leaving"), .http = "leaving", COUNT(MEMBER(leaving))},
    {SAME("expired"), COUNT(MEMBER(expired))},
    {.json = "futile", FLAG(MEMBER(futile))},
    {SAME("age_s"), DURATION(MEMBER(observed.age_ms))},
    {.json = "mode", WORD(MEMBER(settings.mode), .words = mode_names)},

    {.json = "utilisation_percent", RESOURCE, SHARE(EACH(utilisation))},
    {.csv = "cpu_demand", .json = "demand", RESOURCE, NUMBER(EACH_OF(observed.resource, demand), .decimals = 4)},
    {.csv = "cpu_capacity", .json = "capacity", RESOURCE, NUMBER(EACH_OF(observed.resource, capacity), .decimals = 4)},
    {.csv = "cpu", .journal = "HEADROOM_CPU_PERCENT", SHARE(EACH(utilisation)), .resource = RESOURCE_CPU},
    {.csv = "memory", SHARE(EACH(utilisation)), .resource = RESOURCE_MEMORY},
    {.csv = "disk", SHARE(EACH(utilisation)), .resource = RESOURCE_DISK},
    {.json = "nodes", RESOURCE, COUNT(EACH_OF(observed.resource, nodes))},
    {.json = "pressure_percent", RESOURCE, SHARE(EACH_OF(observed.resource, pressure))},
    {.json = "high_percent", RESOURCE, SHARE(EACH_OF(settings.thresholds, high))},
    {.json = "target_percent", RESOURCE, SHARE(EACH_OF(settings.thresholds, target))},
    {.json = "low_percent", RESOURCE, SHARE(EACH_OF(settings.thresholds, low))},
    {.json = "saturated", RESOURCE, FLAG(EACH(saturated))},
    {.json = "reactive_vote", RESOURCE, COUNT(EACH(vote_reactive))},
    {.json = "forecast_vote", RESOURCE, COUNT(EACH(vote_forecast))},
    {.json = "forecast_percent", .journal = "HEADROOM_CPU_FORECAST_PERCENT", .http = "utilisation", RESOURCE,
     SHARE(.number = decision_forecast_utilisation)},

    {.csv = "forecaster", .json = "forecaster", .journal = "HEADROOM_FORECASTER", .http = "forecaster", FORECAST,
     WORD(EACH_OF(forecast, forecaster), .words = forecaster_names)},
    {.json = "horizon_s", .http = "within_ms", FORECAST, DURATION(EACH_OF(forecast, horizon_ms))},
    {.csv = "cpu_forecast", .json = "expected", .http = "expected", FORECAST,
     NUMBER(EACH_OF(forecast, expected), .decimals = 4)},
    {.csv = "cpu_forecast_low", .json = "low", .http = "low", FORECAST, NUMBER(EACH_OF(forecast, low), .decimals = 4)},
    {.csv = "cpu_forecast_high", .json = "high", .http = "high", FORECAST,
     NUMBER(EACH_OF(forecast, high), .decimals = 4)},
    {.csv = "cpu_forecast_bound", .json = "bound", .http = "bound", FORECAST,
     NUMBER(EACH_OF(forecast, bound), .decimals = 4)},
    {.csv = "horizon_s", FORECAST, DURATION(EACH_OF(forecast, horizon_ms))},
    {.json = "above_percent", FORECAST, SHARE(EACH_OF(forecast, above))},
    {.csv = "price_expected", .json = "price", FORECAST, NUMBER(EACH_OF(forecast, price), .decimals = 3)},
    {SAME("price_promised"), .http = "promised_price", FORECAST, NUMBER(EACH_OF(forecast, promised), .decimals = 3)},
    {SAME("price_paid"), .http = "paid_price", FORECAST, NUMBER(EACH_OF(forecast, paid), .decimals = 3)},
    {.csv = "coverage", .json = "coverage_percent", .http = "coverage", FORECAST, .kind = DECISION_SHARE,
     .decimals = 3, EACH_OF(forecast, coverage)},
    {.json = "scored", .http = "scored", FORECAST, COUNT(EACH_OF(forecast, scored))},
    {.json = "slope_per_s", FORECAST, NUMBER(EACH_OF(forecast, slope))},

    {.csv = "high", SHARE(.number = high_threshold)},
    {.csv = "target", SHARE(.number = target_threshold)},
    {SAME("price"), NUMBER(MEMBER(settings.price), .decimals = 3)},
    {SAME("nodes_min"), COUNT(MEMBER(settings.nodes_min))},
    {SAME("nodes_max"), COUNT(MEMBER(settings.nodes_max))},
    {.json = "tick_s", DURATION(MEMBER(settings.tick_ms))},
    {SAME("lead_time_s"), .journal = "HEADROOM_LEAD_TIME_S", .http = "lead_time_ms", DURATION(MEMBER(lead_ms))},
    {.json = "lead_times_seen", .http = "lead_times_seen", COUNT(MEMBER(lead_seen))},
    {SAME("stabilization_s"), DURATION(MEMBER(window_ms))},
    {.csv = "reactive_vote", NUMBER(.number = largest_reactive_vote)},
    {.csv = "forecast_vote", NUMBER(.number = largest_forecast_vote)},
    {.json = "resource", WORD(.word = voted_resource)},
    {.json = "guard_resource", WORD(.word = guarded_resource)},
    {.csv = "order", WORD(IN_RECORD(order), .words = order_names)},
    {.csv = "why", .journal = "HEADROOM_REASON", .kind = DECISION_TEXT, IN_RECORD(why)},
};
/* clang-format on */

const size_t decision_field_count = sizeof decision_fields / sizeof *decision_fields;

const struct decision_field *decision_fields_find(const char *http)
{
    for (size_t i = 0; i < decision_field_count; i++)
        if (decision_fields[i].http != NULL && strcmp(decision_fields[i].http, http) == 0)
            return &decision_fields[i];
    return NULL;
}

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
    else if (field->word != NULL)
        value.text = field->word(record->decision);
    else
        value = value_at(field, (const char *)owner + field->offset + resource * field->stride);
    bool is_word = value.kind == DECISION_WORD || value.kind == DECISION_TEXT;
    bool is_number = value.kind == DECISION_NUMBER || value.kind == DECISION_SHARE;
    if ((is_word && value.text == NULL) || (is_number && isnan(value.number)))
        value.kind = DECISION_ABSENT;
    return value;
}

/* ---- decisions.csv, and the journal ---- */

static void put_decimal(struct writer *writer, double number, unsigned decimals)
{
    writer_putf(writer, fabs(number) < NUMBER_MAX ? "%.*f" : "%.*e", (int)decimals, number);
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

    for (size_t i = 0; i < decision_field_count; i++) {
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
    case DECISION_ABSENT:
        writer_put(writer, "null");
        break;
    }
}

double decision_fields_base_unit(const struct decision_value *value)
{
    switch (value->kind) {
    case DECISION_COUNT:
        return value->count;
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
