/* Pure. Slows down an agent that sends more samples than its interval allows, by the credit that it is granted: nothing
 * is lost. See sample_budget.h for what is allowed. The owner of a node has a budget of its own: others that speak for
 * the node while its agent does not leave it as it is.
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

/* What is allowed now; times have hub->slept_ms added. */
struct sample_budget_terms intake_pace_terms(const struct intake *intake);

/* A part of the function below. */
bool intake_pace_has_budget(const struct intake *intake);

/* Whether another sample may come. */
static inline bool intake_pace_allows(const struct intake *intake)
{
    return intake->granted > 0 || intake_pace_has_budget(intake);
}

/* A sample was taken into the backlog. terms: of now. taken_ms: monotonic. */
static inline void intake_pace_note_sample(struct intake *intake, const struct sample_budget_terms *terms,
                                           int64_t taken_ms)
{
    intake->granted -= intake->granted > 0;
    sample_budget_take(&intake->node->budgets[intake->owns], terms, taken_ms + intake->hub->slept_ms);
}

/* Rows of gaps.csv were. */
void intake_pace_note_rows(struct intake *intake, unsigned rows);

/* The credit to grant now, in the Welcome or an Ack: at least 1. */
uint32_t intake_pace_grant(struct intake *intake);

/* How long until the next Ack is due. An agent that is slowed down gets one in each of its intervals: otherwise a
 * credit for few samples would slow it below its own pace. */
uint32_t intake_pace_ack_ms(const struct intake *intake);

#endif
