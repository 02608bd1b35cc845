/* Pure. Adds the samples of a streaming intake to the node's ring and the backlog, each once, notes missing samples as
 * gaps, and rejects samples beyond the credit. */
#ifndef COLLECTOR_INTAKE_INTAKE_SAMPLES_H
#define COLLECTOR_INTAKE_INTAKE_SAMPLES_H

#include "collector/intake/intake_state.h"
#include "common/batch.h"
#include "common/wire.h"

#include <stddef.h>
#include <stdint.h>

/* With many agents, nothing of a node is cached when its Batch comes. The first one, called while the intake before
 * this one is served, prefetches the node and the instance; the second one, called before the Batch is read from its
 * socket, prefetches what the node refers to. */
void intake_samples_prefetch_node(const struct intake *intake);
void intake_samples_prefetch_rows(const struct intake *intake);

/* Takes a Batch. Its samples are cleaned in place. Rejects the intake at the first one that breaks a rule or that there
 * is no room for. */
void intake_samples_take(struct intake *intake, const struct batch *batch, uint64_t now_ms, int64_t wall_ms);

/* Takes a Reading: into the node's ring only. It is neither stored nor acknowledged, and an older one is ignored. Its
 * sample follows in a Batch, and is then only stored. */
void intake_samples_read(struct intake *intake, const Headroom__Reading *reading, uint64_t now_ms, int64_t wall_ms);

/* Takes a Goodbye: no more samples come, and the last Ack is due once all are stored. */
void intake_samples_end(struct intake *intake, const Headroom__Goodbye *goodbye, uint64_t now_ms, int64_t wall_ms);

/* The samples between the last known one and next_seq will never arrive; gap_note_fits() must hold. */
void intake_samples_missing(struct intake *intake, uint64_t next_seq, Headroom__Loss *const *losses, size_t loss_count,
                            int64_t wall_ms);

#endif
