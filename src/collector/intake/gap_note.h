/* Pure. Records the samples of an instance that will never arrive: it detects them by skipped seqs, explains them by
 * the losses that the agent reports, and adds them to the backlog as gaps. */
#ifndef COLLECTOR_INTAKE_GAP_NOTE_H
#define COLLECTOR_INTAKE_GAP_NOTE_H

#include "collector/fleet/registry.h"
#include "collector/store/backlog.h"
#include "common/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parts of the functions below, for a next_seq that does not follow the last one received. */
bool gap_note_skip_fits(const struct backlog *backlog, const struct instance *instance, uint64_t next_seq);
bool gap_note_skip_plausible(const struct instance *instance, uint64_t next_seq);
uint64_t gap_note_add_skip(struct backlog *backlog, struct instance *instance, uint64_t next_seq,
                           Headroom__Loss *const *losses, size_t loss_count, int64_t wall_ms,
                           uint64_t counts[GAP_REASON_COUNT]);

/* Nearly every sample follows the one before: that much is inline. instance: NULL for a new one. */
static inline bool gap_note_follows(const struct instance *instance, uint64_t next_seq)
{
    return instance != NULL && next_seq <= instance->received_seq + 1;
}

/* Whether next_seq skips nothing, or there is room for the gaps that it makes. instance: as above. */
static inline bool gap_note_fits(const struct backlog *backlog, const struct instance *instance, uint64_t next_seq)
{
    return gap_note_follows(instance, next_seq) || gap_note_skip_fits(backlog, instance, next_seq);
}

/* Whether an agent may have lost as many samples as lie between the last one known and next_seq. instance: as above. */
static inline bool gap_note_plausible(const struct instance *instance, uint64_t next_seq)
{
    return gap_note_follows(instance, next_seq) || gap_note_skip_plausible(instance, next_seq);
}

/* Notes that the samples between the last one received or known to be missing and next_seq will never arrive;
 * gap_note_fits() must hold. instance: of a node with a group. losses: as in gap_split(). counts: their numbers by
 * reason are added. Returns how many were dropped: all except GAP_ELSEWHERE. */
static inline uint64_t gap_note_add(struct backlog *backlog, struct instance *instance, uint64_t next_seq,
                                    Headroom__Loss *const *losses, size_t loss_count, int64_t wall_ms,
                                    uint64_t counts[GAP_REASON_COUNT])
{
    if (gap_note_follows(instance, next_seq))
        return 0;
    return gap_note_add_skip(backlog, instance, next_seq, losses, loss_count, wall_ms, counts);
}

#endif
