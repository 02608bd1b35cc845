/* Pure. The account of a run that is found in a spool again: of what the state has saved of it, and of what the ring
 * holds. */
#ifndef AGENT_RESTORE_RUN_H
#define AGENT_RESTORE_RUN_H

#include "agent/outbox.h"
#include "agent/spool.h"

/* Takes over what was counted and lost. The run's seqs are set. */
void restore_run_load(struct outbox *run, const struct spool_run *saved);

/* What waited up to last_seq had to make room, or is lost, for that reason. A hole among it, known before, stays what
 * it was. saved: NULL when the state does not know the run, here and below. */
void restore_run_count_dropped(struct outbox *run, const struct spool_run *saved, uint64_t last_seq,
                               enum loss_reason reason);

/* What waits and is not whole is lost. */
void restore_run_count_holes(struct outbox *run, const struct spool_run *saved);

/* Makes the sums right: a state that a power cut has left behind may say less, or more, than the ring. */
void restore_run_balance(struct outbox *run);

#endif
