/* Takes a sample at each tick of the agent, without waiting for the probe on the loop.
 *
 * Happy path: the probe has read everything at once, or its thread reports that it has; then the loop takes the sample.
 * Failures: what has not been read by the deadline is absent from the sample; meanwhile the probe is checked each time
 * its patience ends. */
#ifndef AGENT_SAMPLING_SAMPLER_H
#define AGENT_SAMPLING_SAMPLER_H

#include "agent/sampling/probe.h"
#include "common/sample.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

typedef void sampler_cb(struct sample *sample, void *arg);

struct sampler {
    struct probe *probe;
    uv_async_t report; /* of the probe */
    uv_timer_t timer;
    uint64_t due_ms; /* the deadline */
    bool is_waiting;
    sampler_cb *cb;
    void *arg;
};

/* Returns 0 or a negative errno; sampler_close() is due in either case. The probe outlives the loop. */
int sampler_start(struct sampler *sampler, uv_loop_t *loop, struct probe *probe, sampler_cb *cb, void *arg);

/* Begins a sample. The callback comes once for each, before this returns or later. */
void sampler_tick(struct sampler *sampler);

/* Also for a zeroed one, and more than once. The callback does not come any more. */
void sampler_close(struct sampler *sampler);

#endif
