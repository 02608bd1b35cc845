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
 * machine was suspended: the recommendations of that time are unknown. A shorter gap is ignored.
 *
 * Without data (GUARD_NO_DATA, GUARD_STARTING) the scaler records nothing and holds the last desired count, whatever
 * the bounds are. Before the first decision from data, it holds the number of all known nodes, live or not: so a group
 * that has never reported is held at 0, and not raised to its minimum. */
struct decision scaler_step(struct scaler *scaler, const struct scaler_settings *settings, int64_t now_ms,
                            const struct group_observation *observed);

/* CPU demand at past steps, as far as the scaler remembers it. Belongs to the scaler. */
const struct history *scaler_demand(const struct scaler *scaler);

/* The decision's desired count was ordered: from now on the pending nodes count as capacity. Call it between the step
 * that decided and the next one. */
void scaler_ordered(struct scaler *scaler, const struct decision *decision);

/* The orders of all decisions since that time failed. */
void scaler_withdrawn(struct scaler *scaler, int64_t since_ms);

#endif
