/* Pure. Decides whether to be ready for what came at this time yesterday.
 *
 * A job that runs each night for some minutes is rare: over the last hours, for which the strategies of the predictor
 * are compared, being ready for it is worth nothing. So two more fleets are rehearsed for days: one that does what the
 * leading strategy recommends, and one that has the nodes for yesterday's peak, too. The second one decides while it is
 * the cheaper one, at the price of the group. So a peak is anticipated once it has come back, and no more when it has
 * stayed away for long enough to cost more than it saves. */
#ifndef SCALER_ANTICIPATION_H
#define SCALER_ANTICIPATION_H

#include "scaler/rehearsal.h"
#include "scaler/season.h"

#include <stdbool.h>
#include <stdint.h>

enum { ANTICIPATION_WITHOUT, ANTICIPATION_WITH, ANTICIPATION_FLEETS };

/* All zeros at first, then laid out. */
struct anticipation {
    unsigned steps;      /* that the fleets have been compared */
    unsigned same_steps; /* since their recommendations differed */
    struct rehearsal_window recommended[ANTICIPATION_FLEETS];
    struct rehearsal fleets[ANTICIPATION_FLEETS]; /* their prices are averages over days */
};

/* Begins with new fleets, for windows of up to that many steps. What was learned of their prices stays. */
void anticipation_lay_out(struct anticipation *anticipation, unsigned window_steps);

/* The demand to be ready for at the horizon, a step after now_ms at least: yesterday's highest minute until then and
 * some minutes later, at today's level. 0: yesterday is unknown. */
double anticipation_peak(const struct season *season, int64_t now_ms, int64_t horizon_ms);

/* Runs a step of both fleets: the leading strategy recommends raw, with the peak it is `ready` (at least raw), and its
 * stabilization window is window_steps. step: as for the strategies, but for its memory. compares: yesterday is known,
 * and the step counts. */
void anticipation_run(struct anticipation *anticipation, const struct rehearsal_step *step, int64_t step_ms,
                      unsigned window_steps, unsigned raw, unsigned ready, bool compares);

/* Whether being ready for the peak has cost less. */
bool anticipation_leads(const struct anticipation *anticipation);

#endif
