/* Pure. The fields of a decision's record, in one table that defines their names and values for decisions.csv, the
 * JSON object (hook, HTTP API, replay), the journal, the HTTP API's groups and decisions, and Prometheus. A new
 * field is a row of that table. */
#ifndef COLLECTOR_AUTOSCALE_DECISION_FIELDS_H
#define COLLECTOR_AUTOSCALE_DECISION_FIELDS_H

#include "common/writer.h"
#include "scaler/decision.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECISION_ROW_MAX ((size_t)2560) /* bytes of decisions.csv's header, and of a row of it */

/* What becomes of a decision that is an order: the intent is durable before the hook runs, and one outcome follows.
 * What is published for a reader is both. An order that was accepted or published may be given up later. */
enum order_stage {
    ORDER_NONE,
    ORDER_INTENT,
    ORDER_PUBLISHED,
    ORDER_ACCEPTED,
    ORDER_FAILED,
    ORDER_WITHOUT_EFFECT, /* the hook has found too few nodes, and done nothing */
    ORDER_WITHDRAWN,      /* no run of the hook has begun with it */
    ORDER_UNKNOWN,        /* the collector ended during its run */
    ORDER_GIVEN_UP        /* it was repeated, and no node came */
};

/* A decision and what is recorded with it. Everything belongs to the caller. */
struct decision_record {
    int64_t wall_ms; /* when it was made, Unix time */
    const char *group;
    const struct decision *decision;
    enum order_stage order;
    const char *why;            /* decision_sentence() */
    const char *const *victims; /* node ids, JSON only; may be NULL if there are none */
    unsigned victim_count;      /* the ids after the first VICTIMS_MAX are left out */
};

#define DECISION_NO_COUNT UINT64_MAX

/* How a value is written: each output has its own unit for a share and for a duration.
 *
 *              decisions.csv, journal   JSON object   HTTP API      Prometheus
 *     share    percent                  percent       of 1          of 1
 *     duration seconds                  seconds       milliseconds  seconds */
enum decision_kind {
    DECISION_ABSENT, /* an empty field, or null */
    DECISION_COUNT,
    DECISION_NUMBER, /* NaN: absent */
    DECISION_SHARE,  /* NaN: absent */
    DECISION_DURATION,
    DECISION_TIME, /* Unix time */
    DECISION_FLAG,
    DECISION_WORD,
    DECISION_TEXT,   /* quoted in decisions.csv */
    DECISION_SIGNALS /* "NAME=VALUE age=SECONDS; NAME=missing; ...", see decision_fields_put_text() */
};

struct decision_value {
    enum decision_kind kind;
    union {
        uint64_t count;
        double number; /* DECISION_NUMBER, and DECISION_SHARE of 1 */
        int64_t ms;    /* DECISION_DURATION, DECISION_TIME */
        bool flag;
        const char *text;                         /* DECISION_WORD, DECISION_TEXT */
        const struct group_observation *observed; /* DECISION_SIGNALS */
    };
};

/* Where a field stands in the JSON object: at its top, in the object of each resource, or in that one's forecast. */
enum decision_scope { DECISION_OF_ALL, DECISION_OF_RESOURCE, DECISION_OF_FORECAST };

struct decision_field {
    const char *csv; /* its name in each output; NULL: it is not there */
    const char *json;
    const char *journal;
    const char *http;
    enum decision_scope scope;
    enum resource resource; /* the one whose value decisions.csv, journal, HTTP API and Prometheus have */
    enum decision_kind kind;
    unsigned decimals; /* in decisions.csv and the journal */
    /* The value is what one of the functions returns, or the member at the offset: */
    double (*number)(const struct decision *decision, enum resource resource);
    uint64_t (*count)(const struct decision *decision); /* DECISION_NO_COUNT: absent */
    const char *(*word)(const struct decision *decision);
    bool in_record;           /* of the record; else of the decision */
    size_t offset;            /* of the first resource's */
    size_t stride;            /* from one resource to the next; 0: there is one for all */
    const char *const *words; /* names of an enum's values */
};

/* The table: X(ID, members of struct decision_field), with the macros of decision_fields.c. The order is that of
 * decisions.csv, and within each of its objects that of JSON; where these two differ a field has a row for each. */
/* clang-format off */
#define DECISION_FIELDS(X) \
    X(TIMESTAMP, .csv = "timestamp", .json = "timestamp_s", .kind = DECISION_TIME, IN_RECORD(wall_ms))                 \
    X(GROUP, SAME("group"), .journal = "HEADROOM_GROUP", WORD(IN_RECORD(group)))                                       \
    X(ACTION, SAME("action"), .journal = "HEADROOM_ACTION", .http = "action", WORD(MEMBER(action),                     \
      .words = action_names))                                                                                          \
    X(CURRENT, SAME("current"), .journal = "HEADROOM_CURRENT", .http = "current", COUNT(MEMBER(current)))              \
    X(RAW, SAME("raw"), .journal = "HEADROOM_RAW", .http = "raw", COUNT(MEMBER(raw)))                                  \
    X(DESIRED, SAME("desired"), .journal = "HEADROOM_DESIRED", .http = "desired", COUNT(MEMBER(desired)))              \
    X(EXISTING, SAME("existing"), .journal = "HEADROOM_EXISTING", .http = "existing", COUNT(MEMBER(existing)))         \
    X(CARRYING, SAME("carrying"), .journal = "HEADROOM_CARRYING", .http = "carrying", COUNT(MEMBER(carrying)))         \
    X(TO, SAME("to"), .journal = "HEADROOM_TO", .http = "to", COUNT(.count = order_to))                                \
    X(VICTIM_COUNT, SAME("victim_count"), COUNT(MEMBER(victims)))                                                      \
    X(ORDER_EPOCH, SAME("order_epoch"), .journal = "HEADROOM_ORDER_EPOCH", COUNT(.count = order_epoch))                \
    X(ORDER_NUMBER, SAME("order_number"), .journal = "HEADROOM_ORDER_NUMBER", COUNT(.count = order_number))            \
    X(RULE, SAME("rule"), .journal = "HEADROOM_RULE", .http = "rule", WORD(MEMBER(rule), .words = rule_names))         \
    X(RESOURCE, .csv = "resource", .http = "resource", WORD(.word = voted_resource))                                   \
    X(GUARD, SAME("guard"), .journal = "HEADROOM_GUARD", .http = "guard", WORD(MEMBER(guard), .words = guard_names))   \
    X(MODE, .csv = "mode", .journal = "HEADROOM_MODE", .http = "mode", WORD(MEMBER(settings.mode),                     \
      .words = mode_names))                                                                                            \
    X(LIVE, SAME("live"), .journal = "HEADROOM_LIVE", COUNT(MEMBER(observed.live)))                                    \
    X(MISSING, SAME("missing"), .journal = "HEADROOM_MISSING", COUNT(MEMBER(observed.missing)))                        \
    X(RETURNING, SAME("returning"), COUNT(MEMBER(observed.returning)))                                                 \
    X(LEAVING, SAME("leaving"), .http = "leaving", COUNT(MEMBER(observed.leaving)))                                    \
    X(UNREPORTED, SAME("unreported"), COUNT(MEMBER(observed.unreported)))                                              \
    X(WARMING, SAME("warming"), .http = "warming", COUNT(MEMBER(observed.warming)))                                    \
    X(PENDING, SAME("pending"), .journal = "HEADROOM_PENDING", .http = "pending", COUNT(MEMBER(pending)))              \
    X(OVERDUE, SAME("overdue"), COUNT(MEMBER(overdue)))                                                                \
    X(REMOVING, SAME("removing"), .http = "removing", COUNT(MEMBER(removing)))                                         \
    X(EXPIRED, SAME("expired"), COUNT(MEMBER(expired)))                                                                \
    X(PROTECTED, SAME("protected"), COUNT(MEMBER(observed.protected_nodes)))                                           \
    X(LOST_AT_ONCE, SAME("lost_at_once"), COUNT(MEMBER(observed.lost_at_once)))                                        \
    X(ROLL_CALL, SAME("roll_call"), .http = "roll_call", FLAG(MEMBER(observed.roll_call)))                             \
    X(COUNTED, SAME("count"), .journal = "HEADROOM_COUNT", .http = "count", COUNT(.count = counted_nodes))             \
    X(COUNT_UNCONFIRMED, .json = "count_unconfirmed", FLAG(MEMBER(observed.count_unconfirmed)))                        \
    X(PIN, SAME("pin"), .journal = "HEADROOM_PIN", .http = "pin", COUNT(.count = pinned_nodes))                        \
    X(PAUSED, SAME("paused"), .http = "paused", FLAG(MEMBER(observed.paused)))                                         \
    X(PAUSED_IN, SAME("paused_in"), .http = "paused_in", FLAG(MEMBER(observed.paused_in)))                             \
    X(FUTILE, .json = "futile", FLAG(MEMBER(futile)))                                                                  \
    X(AGE_S, SAME("age_s"), DURATION(MEMBER(observed.age_ms)))                                                         \
    X(JSON_MODE, .json = "mode", WORD(MEMBER(settings.mode), .words = mode_names))                                     \
    X(UTILISATION_PERCENT, .json = "utilisation_percent", RESOURCE, SHARE(EACH(utilisation)))                          \
    X(CPU_DEMAND, .csv = "cpu_demand", .json = "demand", RESOURCE, NUMBER(EACH_OF(observed.resource, demand),          \
      .decimals = 4))                                                                                                  \
    X(CPU_CAPACITY, .csv = "cpu_capacity", .json = "capacity", RESOURCE, NUMBER(EACH_OF(observed.resource,             \
      capacity), .decimals = 4))                                                                                       \
    X(CPU, .csv = "cpu", .journal = "HEADROOM_CPU_PERCENT", SHARE(EACH(utilisation)), .resource = RESOURCE_CPU)        \
    X(MEMORY, .csv = "memory", SHARE(EACH(utilisation)), .resource = RESOURCE_MEMORY)                                  \
    X(DISK, .csv = "disk", SHARE(EACH(utilisation)), .resource = RESOURCE_DISK)                                        \
    X(APP, .csv = "app", .journal = "HEADROOM_APP_PERCENT", SHARE(EACH(utilisation)), .resource = RESOURCE_APP)        \
    X(APP_DEMAND, .csv = "app_demand", NUMBER(.number = app_demand, .decimals = 2))                                    \
    X(APP_CAPACITY, .csv = "app_capacity", NUMBER(.number = app_capacity, .decimals = 2))                              \
    X(SIGNALS, .csv = "signals", .kind = DECISION_SIGNALS, MEMBER(observed))                                           \
    X(NODES, .json = "nodes", RESOURCE, COUNT(EACH_OF(observed.resource, nodes)))                                      \
    X(UNREAD, .json = "unread", RESOURCE, COUNT(EACH_OF(observed.resource, unread)))                                   \
    X(CPU_UNREAD, .csv = "cpu_unread", COUNT(EACH_OF(observed.resource, unread)), .resource = RESOURCE_CPU)            \
    X(MEMORY_UNREAD, .csv = "memory_unread", COUNT(EACH_OF(observed.resource, unread)), .resource = RESOURCE_MEMORY)   \
    X(DISK_UNREAD, .csv = "disk_unread", COUNT(EACH_OF(observed.resource, unread)), .resource = RESOURCE_DISK)         \
    X(APP_UNREAD, .csv = "app_unread", COUNT(EACH_OF(observed.resource, unread)), .resource = RESOURCE_APP)            \
    X(PRESSURE_PERCENT, .json = "pressure_percent", RESOURCE, SHARE(EACH_OF(observed.resource, pressure)))             \
    X(HIGH_PERCENT, .json = "high_percent", RESOURCE, SHARE(EACH_OF(settings.thresholds, high)))                       \
    X(TARGET_PERCENT, .json = "target_percent", RESOURCE, SHARE(EACH_OF(settings.thresholds, target)))                 \
    X(LOW_PERCENT, .json = "low_percent", RESOURCE, SHARE(EACH_OF(settings.thresholds, low)))                          \
    X(SATURATED, .json = "saturated", RESOURCE, FLAG(EACH(saturated)))                                                 \
    X(UNHELPED, .json = "unhelped", RESOURCE, FLAG(EACH(unhelped)))                                                    \
    X(JSON_REACTIVE_VOTE, .json = "reactive_vote", RESOURCE, COUNT(EACH(vote_reactive)))                               \
    X(JSON_FORECAST_VOTE, .json = "forecast_vote", RESOURCE, COUNT(EACH(vote_forecast)))                               \
    X(FORECAST_PERCENT, .json = "forecast_percent", .journal = "HEADROOM_CPU_FORECAST_PERCENT",                        \
      .http = "utilisation", RESOURCE, SHARE(.number = decision_forecast_utilisation))                                 \
    X(FORECASTER, .csv = "forecaster", .json = "forecaster", .journal = "HEADROOM_FORECASTER",                         \
      .http = "forecaster", FORECAST, WORD(EACH_OF(forecast, forecaster), .words = forecaster_names))                  \
    X(JSON_HORIZON_S, .json = "horizon_s", .http = "within_ms", FORECAST, DURATION(EACH_OF(forecast, horizon_ms)))     \
    X(CPU_FORECAST, .csv = "cpu_forecast", .json = "expected", .http = "expected", FORECAST,                           \
      NUMBER(EACH_OF(forecast, expected), .decimals = 4))                                                              \
    X(CPU_FORECAST_LOW, .csv = "cpu_forecast_low", .json = "low", .http = "low", FORECAST, NUMBER(EACH_OF(forecast,    \
      low), .decimals = 4))                                                                                            \
    X(CPU_FORECAST_HIGH, .csv = "cpu_forecast_high", .json = "high", .http = "high", FORECAST,                         \
      NUMBER(EACH_OF(forecast, high), .decimals = 4))                                                                  \
    X(CPU_FORECAST_BOUND, .csv = "cpu_forecast_bound", .json = "bound", .http = "bound", FORECAST,                     \
      NUMBER(EACH_OF(forecast, bound), .decimals = 4))                                                                 \
    X(HORIZON_S, .csv = "horizon_s", FORECAST, DURATION(EACH_OF(forecast, horizon_ms)))                                \
    X(ABOVE_PERCENT, .json = "above_percent", FORECAST, SHARE(EACH_OF(forecast, above)))                               \
    X(PRICE_EXPECTED, .csv = "price_expected", .json = "price", FORECAST, NUMBER(EACH_OF(forecast, price),             \
      .decimals = 3))                                                                                                  \
    X(PRICE_PROMISED, SAME("price_promised"), .http = "promised_price", FORECAST, NUMBER(EACH_OF(forecast,             \
      promised), .decimals = 3))                                                                                       \
    X(PRICE_PAID, SAME("price_paid"), .http = "paid_price", FORECAST, NUMBER(EACH_OF(forecast, paid),                  \
      .decimals = 3))                                                                                                  \
    X(COVERAGE, .csv = "coverage", .json = "coverage_percent", .http = "coverage", FORECAST,                           \
      .kind = DECISION_SHARE, .decimals = 3, EACH_OF(forecast, coverage))                                              \
    X(SCORED, .json = "scored", .http = "scored", FORECAST, COUNT(EACH_OF(forecast, scored)))                          \
    X(SLOPE_PER_S, .json = "slope_per_s", FORECAST, NUMBER(EACH_OF(forecast, slope)))                                  \
    X(HIGH, .csv = "high", SHARE(.number = high_threshold))                                                            \
    X(TARGET, .csv = "target", SHARE(.number = target_threshold))                                                      \
    X(PRICE, SAME("price"), NUMBER(MEMBER(settings.price), .decimals = 3))                                             \
    X(NODES_MIN, SAME("nodes_min"), COUNT(MEMBER(settings.nodes_min)))                                                 \
    X(NODES_MAX, SAME("nodes_max"), COUNT(.count = maximum))                                                           \
    X(TICK_S, .json = "tick_s", DURATION(MEMBER(settings.tick_ms)))                                                    \
    X(LEAD_TIME_S, SAME("lead_time_s"), .journal = "HEADROOM_LEAD_TIME_S", .http = "lead_time_ms",                     \
      DURATION(MEMBER(lead_ms)))                                                                                       \
    X(SLOW_LEAD_TIME_S, SAME("slow_lead_time_s"), .http = "slow_lead_time_ms", DURATION(MEMBER(slow_lead_ms)))         \
    X(LEAD_TIMES_SEEN, .json = "lead_times_seen", .http = "lead_times_seen", COUNT(MEMBER(lead_seen)))                 \
    X(STABILIZATION_S, SAME("stabilization_s"), DURATION(MEMBER(window_ms)))                                           \
    X(REACTIVE_VOTE, .csv = "reactive_vote", NUMBER(.number = largest_reactive_vote))                                  \
    X(FORECAST_VOTE, .csv = "forecast_vote", NUMBER(.number = largest_forecast_vote))                                  \
    X(JSON_RESOURCE, .json = "resource", WORD(.word = voted_resource))                                                 \
    X(GUARD_RESOURCE, .json = "guard_resource", .http = "guard_resource", WORD(.word = guarded_resource))             \
    X(ORDER, .csv = "order", WORD(IN_RECORD(order), .words = order_names))                                             \
    X(WHY, .csv = "why", .journal = "HEADROOM_REASON", .kind = DECISION_TEXT, IN_RECORD(why))
/* clang-format on */

#define DECISION_FIELD_ID(id, ...) DECISION_FIELD_##id,
enum decision_field_id { DECISION_FIELDS(DECISION_FIELD_ID) DECISION_FIELD_COUNT };

extern const struct decision_field decision_fields[DECISION_FIELD_COUNT];

struct decision_value decision_fields_value(const struct decision_field *field, const struct decision_record *record,
                                            enum resource resource);

/* As decisions.csv and the journal have it, without quotes; nothing when it is absent. Signals are separated by ";".
 * Each begins with NAME=VALUE, NAME=missing or NAME=gone; age=SECONDS, nodes=N and floor=N follow where they are known.
 * All of them have neither quotes nor commas. */
void decision_fields_put_text(struct writer *writer, const struct decision_field *field,
                              const struct decision_value *value);

/* As the HTTP API has it; null when it is absent. */
void decision_fields_put_http(struct writer *writer, const struct decision_value *value);

/* As Prometheus has it: in base units. NaN when it is absent, or not a number. */
double decision_fields_base_unit(const struct decision_value *value);

/* decisions.csv's header and the record's row, with their newline, into text[DECISION_ROW_MAX]. Returns the length; the
 * header is 0-terminated too. A sentence that is too long is cut. */
size_t decision_fields_put_header(char *text);
size_t decision_fields_put_row(char *text, const struct decision_record *record);

#endif
