/* Pure. The scaler of one group: it remembers past ticks, and turns an observation into a decision.
 *
 * The same calls with the same arguments give the same decisions, live, in replay and in simulation. */
#ifndef SCALER_SCALER_H
#define SCALER_SCALER_H

#include "scaler/decision.h"
#include "scaler/settings.h"

#include <stdint.h>

struct history;
struct scaler;

/* A scaler without history. NULL: out of memory. The caller frees it with scaler_free(). */
struct scaler *scaler_new(void);
void scaler_free(struct scaler *scaler);

/* Takes one tick and decides. now_ms is monotonic and must not fall between calls; settings have passed
 * scaler_settings_check() and may change from one call to the next. Demand is recorded at the tick and never revised.
 * No allocation.
 *
 * The scaler remembers what the settings' windows contain and nothing before them, which is also what is saved
 * (state.h). When the stabilization window is made longer, scale-in waits until the new window is covered, as after a
 * start. So it does after a gap of more than 3 ticks, whether the group was silent, the collector was down or the
 * machine was suspended: the recommendations of that time are unknown. A shorter gap is ignored. While nodes of the
 * saved state have not reported after a restart, the last recommendation stands, unless more is wanted.
 *
 * The desired count is an intention that stands until a decision changes it: it is not recomputed from a count of
 * nodes. It changes when an order is placed (scaler_ordered()), and rises to what the votes want when that many nodes
 * exist already. Before the first decision from data it is the number of all known nodes, without those on order. Where
 * nothing is ordered, in mode observe or without an actuator, it is what the present votes say.
 *
 * What a reader gets is not known before roll call is over; without the actuator's count, which says how large its
 * group is, not before nodes that start have had a lead time to report, unless those that report are above `high`.
 * Until then decision.observed.roll_call_blind is set, and nothing is ordered by a number that nobody gets.
 *
 * Without data (GUARD_NO_DATA) the scaler records nothing and restores only the minimum. In a roll call it orders no
 * scale-in; without a desired count that was decided before (a blind one) it neither forecasts nor records.
 *
 * A decision to scale in is made in two steps: if its action is ACTION_DOWN, the caller gathers the candidates and
 * calls victims_choose() (victims.h) before it records or orders anything. */
struct decision scaler_step(struct scaler *scaler, const struct scaler_settings *settings, int64_t now_ms,
                            const struct group_observation *observed);

/* Begins a new epoch of order ids, at least this one (milliseconds since 1970), and above every earlier one. Call it
 * once after scaler_new() or after reading a saved state, so that no id is given twice although numbers were lost. */
void scaler_begin(struct scaler *scaler, uint64_t epoch);

/* CPU demand at past steps, as far as the scaler remembers it. Belongs to the scaler. */
const struct history *scaler_demand(const struct scaler *scaler);

/* The decision's order was placed: its number is desired from now on, and the nodes that it adds count as carrying.
 * Call it between the step that decided and the next one. */
void scaler_ordered(struct scaler *scaler, const struct decision *decision);

/* This number was published for a reader after the state was saved: no fewer nodes are desired. Call it before the
 * first step. */
void scaler_published(struct scaler *scaler, unsigned nodes);

/* The orders of all decisions since that time failed or were cancelled: what was desired before stands again. */
void scaler_withdrawn(struct scaler *scaler, int64_t since_ms);

#endif
