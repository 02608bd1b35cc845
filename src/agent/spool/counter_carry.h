/* Pure. Carries the byte counts of an earlier run over to the run that continues its instance, so that they never
 * decrease.
 *
 * An agent that continues the instance of its last run reads the counters from scratch, and may read less than that run
 * reported, which had seen counters wrap and devices disappear. Then its counts continue from where they were. */
#ifndef AGENT_SPOOL_COUNTER_CARRY_H
#define AGENT_SPOOL_COUNTER_CARRY_H

#include "agent/spool/outbox.h"
#include "common/sample.h"

#include <stdint.h>

struct counter_carry {
    uint32_t waiting; /* bit m: metric m has not been read by this process yet */
    uint64_t by[METRIC_COUNT];
    uint64_t last[METRIC_COUNT];
};

/* From the samples of that run. */
struct counter_carry counter_carry_from(const struct outbox *run);

/* Corrects a new sample; to be called for each one, in order. */
void counter_carry_apply(struct counter_carry *carry, struct sample *sample);

#endif
