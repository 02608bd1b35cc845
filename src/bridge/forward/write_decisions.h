/* Pure. Encodes rows of decisions.csv as series of a WriteRequest. */
#ifndef BRIDGE_FORWARD_WRITE_DECISIONS_H
#define BRIDGE_FORWARD_WRITE_DECISIONS_H

#include "bridge/forward/decision_set.h"
#include "bridge/forward/write_request.h"

#include <stdint.h>

/* Adds the rows from `from` to before `to` of the set's order, which is sorted. 0, -E2BIG or -ENOMEM as
 * write_request_encode(). */
int write_decisions_add(struct write_request *request, const struct decision_set *set, uint32_t from, uint32_t to,
                        const struct write_options *options);

#endif
