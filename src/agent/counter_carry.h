/* Pure. Byte counts must not fall within an instance. An agent that carries its instance on reads them anew, and may
 * read less than its last run did, which had seen counters wrap and devices go: then they go on from where they were.
 */
#ifndef AGENT_COUNTER_CARRY_H
#define AGENT_COUNTER_CARRY_H

#include "agent/outbox.h"
#include "common/sample.h"

#include <stdint.h>

struct counter_carry {
    uint32_t waiting; /* bit m: metric m has not been read since */
    uint64_t by[METRIC_COUNT];
    uint64_t last[METRIC_COUNT];
};

/* From the samples of that run. */
struct counter_carry counter_carry_from(const struct outbox *run);

/* Each new sample, in their order. */
void counter_carry_apply(struct counter_carry *carry, struct sample *sample);

#endif
