/* Pure. Computes jittered exponential backoff; its users (agent/uplink_plan, collector/autoscale/hook_queue) set the
 * limits and decide what resets it. */
#ifndef COMMON_BACKOFF_H
#define COMMON_BACKOFF_H

#include <stdint.h>

struct backoff {
    uint32_t min_ms;
    uint32_t max_ms;
    unsigned failures; /* since the last reset */
    uint64_t random;
};

/* 0 < min_ms <= max_ms. seed: different for each member of a fleet. */
void backoff_init(struct backoff *backoff, uint32_t min_ms, uint32_t max_ms, uint64_t seed);

/* The wait after another failure: uniform between a half and the whole of min(min_ms * 2^failures, max_ms). */
uint32_t backoff_next_ms(struct backoff *backoff);

/* After a success: when data flows, not when the connection is made. */
void backoff_reset(struct backoff *backoff);

#endif
