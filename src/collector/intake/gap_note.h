/* Pure. What never comes of an instance's samples: found by the seqs that are passed over, explained by what the agent
 * says it has lost, and put into the backlog as gaps. */
#ifndef COLLECTOR_INTAKE_GAP_NOTE_H
#define COLLECTOR_INTAKE_GAP_NOTE_H

#include "collector/fleet/registry.h"
#include "collector/store/backlog.h"
#include "common/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All up to it was received, or is known to be missing. */
uint64_t gap_note_known_seq(const struct instance *instance);

/* Whether next_seq passes nothing over, or there is room to note what it does. */
bool gap_note_fits(const struct backlog *backlog, const struct instance *instance, uint64_t next_seq);

/* What lies between what is known and next_seq will never come; there is room to note it. instance: of a node with a
 * group. losses: as in gap_split(). counts: added to, by reason. Returns how many samples that are, without those that
 * are elsewhere. */
uint64_t gap_note_add(struct backlog *backlog, struct instance *instance, uint64_t next_seq,
                      Headroom__Loss *const *losses, size_t loss_count, int64_t wall_ms,
                      uint64_t counts[GAP_REASON_COUNT]);

#endif
