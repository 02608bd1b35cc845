/* Pure. Restores the account of a run in a spool, from the saved state and from the records in the ring. */
#ifndef AGENT_SPOOL_RESTORE_RUN_H
#define AGENT_SPOOL_RESTORE_RUN_H

#include "agent/spool/outbox.h"
#include "agent/spool/spool.h"

/* Takes over the saved counts and losses. The run's seqs are set. */
void restore_run_load(struct outbox *run, const struct spool_run *saved);

/* Counts the waiting samples up to last_seq as dropped for that reason. A hole among them that was known before stays a
 * hole. saved: here and below NULL when the run is not in the state. */
void restore_run_count_dropped(struct outbox *run, const struct spool_run *saved, uint64_t last_seq,
                               enum loss_reason reason);

/* Counts the waiting samples whose records are not whole as lost. */
void restore_run_count_holes(struct outbox *run, const struct spool_run *saved);

/* Makes the sums consistent: after a power cut the state may count less, or more, than the ring holds. */
void restore_run_balance(struct outbox *run);

#endif
