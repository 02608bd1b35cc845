/* Pure. What is said and recorded of an order that is given up: it was repeated, and no node came (scaler/unmet.h). */
#ifndef COLLECTOR_AUTOSCALE_GIVEN_UP_H
#define COLLECTOR_AUTOSCALE_GIVEN_UP_H

#include "collector/autoscale/decision_rows.h"
#include "scaler/decision.h"

#include <stddef.h>
#include <stdint.h>

/* Writes, for example,
 *     6 nodes were ordered at least 3 times since 2026-11-28 12:00 UTC, and none came; is the hook's provider out of
 *     capacity?
 * Always 0-terminated, cut at size. wall_ms: now, which is the time of the decision. */
void given_up_sentence(const struct decision *decision, int64_t wall_ms, char *text, size_t size);

/* Adds the row that says so: the outcome of the first of these orders. why: the sentence, with the group's name. */
void given_up_record(struct decision_rows *rows, const char *group, const struct decision *decision, const char *why,
                     int64_t wall_ms);

#endif
