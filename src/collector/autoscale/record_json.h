/* Pure. The record of a decision as one JSON object, the same for the hook, the HTTP API and a replay.
 *
 *     {"timestamp_s":1700000000.123,"group":"web","action":"down","current":6,"raw":4,"desired":4,...,
 *      "cpu":{"utilisation_percent":41.5,...},...,"victims":["web-6","web-5"],"why":"web: scale down 6 -> 4 (...)"}
 *
 * Names are those of decisions.csv, with their units. What is not there is null. Shares are in percent. */
#ifndef COLLECTOR_AUTOSCALE_RECORD_JSON_H
#define COLLECTOR_AUTOSCALE_RECORD_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct decision;

struct record {
    int64_t wall_ms; /* of the decision, Unix time */
    const char *group;
    const struct decision *decision;
    const char *why;            /* decision_sentence() */
    const char *const *victims; /* node ids; may be NULL if there are none */
    unsigned victim_count;      /* of those beyond VICTIMS_MAX nothing is said */
};

/* A new reference, or NULL: out of memory. */
json_t *record_json_object(const struct record *record);

/* The object in one line without white space, and without a newline: *text from malloc(), *len bytes. Returns 0,
 * -ENOMEM, or -E2BIG: more than RECORD_LEN_MAX, which names and sentences of the usual bounds never make. */
int record_json_text(const struct record *record, char **text, size_t *len);

#endif
