/* Pure. The metrics of simulated nodes: waves that look like a busy fleet, computed only from the number of the node
 * and the time. The nodes of a group rise and fall together, slightly apart; byte counts never decrease. */
#ifndef LOADGEN_PATTERN_H
#define LOADGEN_PATTERN_H

#include "common/sample.h"

#include <stdint.h>

#define PATTERN_CORES        4U
#define PATTERN_MEMORY_BYTES (UINT64_C(16) << 30)

/* Before the first pattern_put(). */
void pattern_init(void);

/* Sets the first METRIC_BASE_COUNT metrics of the sample that node, of that group, takes at time_ms, which is any clock
 * that starts near 0. */
void pattern_put(uint32_t node, uint32_t group, uint64_t time_ms, struct sample *sample);

/* Adds the other metrics, after pattern_put() for the same time. */
void pattern_put_rare(uint32_t node, uint64_t time_ms, struct sample *sample);

#endif
