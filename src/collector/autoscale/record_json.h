/* Pure. Formats a decision's record as one JSON object, the same for the hook, the HTTP API and replay.
 *
 *     {"timestamp_s":1700000000.123,"group":"web","action":"down","current":6,"raw":4,"desired":4,...,
 *      "cpu":{"utilisation_percent":41.5,...},...,"victims":["web-6","web-5"],"why":"web: scale down 6 -> 4 (...)"}
 *
 * Its fields are those of decision_fields.h. What is absent is null. */
#ifndef COLLECTOR_AUTOSCALE_RECORD_JSON_H
#define COLLECTOR_AUTOSCALE_RECORD_JSON_H

#include "collector/autoscale/decision_fields.h"

#include <stddef.h>

/* The object in one line without white space, and without a newline: *text from malloc(), *len bytes. Returns 0,
 * -ENOMEM, or -E2BIG: more than RECORD_LEN_MAX, which names and sentences of the usual bounds never make. */
int record_json_text(const struct decision_record *record, char **text, size_t *len);

#endif
