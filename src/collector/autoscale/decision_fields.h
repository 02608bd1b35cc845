/* Pure. The fields of a decision's record, in one table from which decisions.csv, the JSON object (hook, HTTP API,
 * replay), the journal's fields, the HTTP API's groups and decisions and Prometheus' families take their names and
 * values. A new field is a row of that table. */
#ifndef COLLECTOR_AUTOSCALE_DECISION_FIELDS_H
#define COLLECTOR_AUTOSCALE_DECISION_FIELDS_H

#include "common/writer.h"
#include "scaler/decision.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECISION_ROW_MAX ((size_t)2048) /* bytes of decisions.csv's header, and of a row of it */

/* What becomes of a decision that is an order: the intent is durable before the hook runs, its result follows. */
enum order_stage { ORDER_NONE, ORDER_INTENT, ORDER_ACCEPTED, ORDER_FAILED };

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
    DECISION_TEXT /* quoted in decisions.csv */
};

struct decision_value {
    enum decision_kind kind;
    unsigned count;
    double number; /* DECISION_NUMBER, and DECISION_SHARE of 1 */
    int64_t ms;    /* DECISION_DURATION, DECISION_TIME */
    bool flag;
    const char *text; /* DECISION_WORD, DECISION_TEXT */
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
    const char *(*word)(const struct decision *decision);
    bool in_record;           /* of the record; else of the decision */
    size_t offset;            /* of the first resource's */
    size_t stride;            /* from one resource to the next; 0: there is one for all */
    const char *const *words; /* names of an enum's values */
};

extern const struct decision_field decision_fields[];
extern const size_t decision_field_count;

/* The field that has the name in the HTTP API; NULL: there is none. */
const struct decision_field *decision_fields_find(const char *http);

struct decision_value decision_fields_value(const struct decision_field *field, const struct decision_record *record,
                                            enum resource resource);

/* As decisions.csv and the journal have it, without quotes; nothing when it is absent. */
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
