/* Pure. Restores a spool after a kill or a power failure.
 *
 *   - If nothing is damaged and the boot is the same, the last instance is continued.
 *   - Otherwise a new instance begins, behind all records: a power cut may have taken the end of the ring after it was
 *     sent, so the old instance's next seq is unknown. The waiting samples of old instances are sent first, as theirs.
 *   - A record that is not whole, and whose place shows its seq, is a hole of its run and a loss. If its run is
 * unknown, the loss is counted with the present instance.
 *   - Records that, by the state, were written at the end of the ring, and that a power cut or damage has taken, are
 *     losses as well.
 *   - An instance that is not in the state, though it is no newer, had nothing left to send. Without any state nothing
 *     counts as acknowledged: all is sent again, and the collector drops the duplicates. */
#ifndef AGENT_SPOOL_RESTORE_H
#define AGENT_SPOOL_RESTORE_H

#include "agent/spool/spool.h"

/* What was found. */
struct restore_found {
    bool carried_on;
    bool state_lost;   /* there were records, but no valid state */
    uint64_t waiting;  /* samples of earlier runs, and of the continued instance */
    uint64_t damaged;  /* records that were not whole */
    uint64_t too_many; /* samples dropped because they were of too many runs */
};

/* Takes over the ring and the state, which are all zeros in a new spool, and repairs them. states: two copies, or NULL.
 * boot: the present one; 0: unknown, no instance is continued. instance: for a new one; not 0. unreadable: a part of
 * the ring could not be read and is zeros now. */
struct restore_found restore_spool(struct spool *spool, struct record *records, uint64_t capacity,
                                   struct spool_state *states, uint64_t boot, uint64_t instance, bool unreadable);

/* Copies the newest records of a ring that fit to another ring, which is all zeros. Returns false when a record was
 * damaged, and not only unfinished: it may have been the newest, so restore_spool() is to be called with unreadable. */
bool restore_copy(const struct record *from, uint64_t from_capacity, struct record *to, uint64_t to_capacity);

#endif
