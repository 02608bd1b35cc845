/* Pure. The scaler of one group: its memory of past ticks, and the step from an observation to a decision.
 *
 * Pure: the same calls with the same arguments give the same decisions, live, in replay and in simulation. */
#ifndef SCALER_SCALER_H
#define SCALER_SCALER_H

#include "scaler/decision.h"
#include "scaler/settings.h"

#include <stdint.h>

struct history;
struct scaler;

/* A scaler without history. NULL when memory is out. The caller frees it with scaler_free(). */
struct scaler *scaler_new(void);
void scaler_free(struct scaler *scaler);

/* Decides. now_ms is monotonic and must not fall between calls; settings have passed scaler_settings_check() and may
 * change from one call to the next. Demand is recorded at the tick and never revised. No allocation.
 *
 * It remembers what the settings' windows hold and nothing from before them, so that this is also all there is to save
 * (state.h). A stabilization window that is made longer has to be seen first, as after a start. So has one with a gap
 * of more than 3 ticks in it, whether the group was silent meanwhile, the collector was down or the machine stood
 * still: nobody knows what would have been recommended, and scale-in waits. A shorter gap is as if nothing was.
 *
 * Silence (GUARD_NO_DATA, GUARD_STARTING) records nothing and holds the last desired count, whatever the bounds are.
 * Before the first decision from data, it holds all the nodes that are known of, live or not: so a group of which
 * nothing was ever heard is held at 0, and not brought to its minimum. */
struct decision scaler_step(struct scaler *scaler, const struct scaler_settings *settings, int64_t now_ms,
                            const struct group_observation *observed);

/* Cpu demand at its past steps, as far as it remembers. Belongs to the scaler. */
const struct history *scaler_demand(const struct scaler *scaler);

/* The decision's number of nodes was ordered: from now on those that are pending count as capacity. To be called
 * between the step that decided and the next one. */
void scaler_ordered(struct scaler *scaler, const struct decision *decision);

/* What was ordered by decisions since then did not come about. */
void scaler_withdrawn(struct scaler *scaler, int64_t since_ms);

#endif
