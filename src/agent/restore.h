/* Pure. How a spool is found again in what a kill or a power cut has left of it.
 *
 *   - When nothing is damaged and the boot is the same, the last instance is carried on.
 *   - Else a new one begins, behind all that there was: a power cut may have taken the end of the ring after it was
 *     sent, so the old instance's next seq is not known. What waits of the old ones is sent first, as theirs.
 *   - A record that is not whole, and whose place shows what seq it had, is a hole of its run and a loss; what can't be
 *     told is counted with the present instance.
 *   - So is what the state knows to have been written at the end of the ring, and a power cut or damage has taken.
 *   - An instance that the state does not know, though it is no newer, had nothing left to send. Without any state
 *     nothing is known as acknowledged: it is sent again, and the collector drops what it has. */
#ifndef AGENT_RESTORE_H
#define AGENT_RESTORE_H

#include "agent/spool.h"

/* What was found. */
struct restore_found {
    bool carried_on;
    bool state_lost;   /* there were records, but no state */
    uint64_t waiting;  /* samples of earlier runs, and of the instance carried on */
    uint64_t damaged;  /* records that were not whole */
    uint64_t too_many; /* samples dropped because they were of too many runs */
};

/* Takes over the ring and the state, all zeros at first, and leaves them in order. states: two copies, or NULL.
 * boot: the present one; 0: not known, no instance is carried on. instance: for the new one; not 0. unreadable: a part
 * of the ring could not be read and is zeros now. */
struct restore_found restore_spool(struct spool *spool, struct record *records, uint64_t capacity,
                                   struct spool_state *states, uint64_t boot, uint64_t instance, bool unreadable);

/* Lays the records of a ring out in another one, which is all zeros. The newest ones, as many as it takes. true: all
 * there were are whole, but for one that was not finished; else restore_spool() is to know that a part is unreadable,
 * since a damaged one may have been the newest. */
bool restore_copy(const struct record *from, uint64_t from_capacity, struct record *to, uint64_t to_capacity);

#endif
