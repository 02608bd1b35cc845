/* Pure. Generates the responses about groups and decisions: /api/v1/groups..., with the desired count that KEDA reads,
 * and /api/v1/decisions. */
#ifndef COLLECTOR_HTTP_ANSWER_GROUPS_H
#define COLLECTOR_HTTP_ANSWER_GROUPS_H

#include "scaler/settings.h"

struct answer;
struct decision_record;
struct writer;

/* The status is 404 where the group of the request is not known, and 503 where nothing is decided for it: a client that
 * scales by `desired` must never take a missing value for a number. */
void answer_groups_begin_known(struct answer *answer);
void answer_groups_begin_decided(struct answer *answer);

void answer_groups_make(struct answer *answer);
void answer_groups_make_one(struct answer *answer);
void answer_groups_make_decisions(struct answer *answer);

/* Puts the forecast of a resource, with what became of past ones, as a member of that name and a comma before it; null
 * without a forecast. */
void answer_groups_put_forecast(struct writer *writer, const char *name, const struct decision_record *record,
                                enum resource resource);

#endif
