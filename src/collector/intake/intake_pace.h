/* Pure. Slows down an agent that sends more samples than its interval allows, by the credit that it is granted: nothing
 * is lost. See sample_budget.h for what is allowed.
 *
 * An agent that keeps to its credit is never rejected for its pace. One that sends more than it was granted, and has
 * nothing left of its budget, is. */
#ifndef COLLECTOR_INTAKE_INTAKE_PACE_H
#define COLLECTOR_INTAKE_INTAKE_PACE_H

#include "collector/intake/intake_state.h"

#include <stdbool.h>
#include <stdint.h>

/* The intake speaks for its node from now on. */
void intake_pace_begin(struct intake *intake, uint64_t now_ms);

/* Whether another sample may come. */
bool intake_pace_allows(const struct intake *intake);

/* A sample was taken into the backlog; rows of gaps.csv were. taken_ms: monotonic. */
void intake_pace_note_sample(struct intake *intake, int64_t taken_ms);
void intake_pace_note_rows(struct intake *intake, unsigned rows);

/* The credit to grant now, in the Welcome or an Ack: at least 1. */
uint32_t intake_pace_grant(struct intake *intake);

#endif
