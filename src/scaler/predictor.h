/* Pure. Forecasts of one group's demand, each with a margin that is a price, and the one of them that has paid least.
 *
 * Six forecasters say what demand will be one lead time and a step from now, when a node ordered now has long been
 * there: the last value; lines by least squares through the last 60, 120 and 300 s, never below their level; the
 * highest of the last 120 s; and, with more than a day of history, today's level with yesterday's rise. Each keeps its
 * own past errors, and offers three bounds on demand, at a third, once and three times the price (margin.h). Two
 * stabilization windows, the configured one and 0.4 of it, make 36 ways of deciding out of that. All of them are
 * rehearsed on the demand as it comes (rehearsal.h), and the one that has paid least in the last hours decides. So a
 * forecaster that is worse than the last value loses its vote by itself, and one that is too careful as well.
 *
 * All of it happens at steps: ticks, or several of them where a tick is much shorter than the lead time. Between two
 * steps the last forecast stands. Pure; no allocation. */
#ifndef SCALER_PREDICTOR_H
#define SCALER_PREDICTOR_H

#include "scaler/errors.h"
#include "scaler/forecast.h"
#include "scaler/history.h"
#include "scaler/rehearsal.h"
#include "scaler/season.h"
#include "scaler/trend.h"

#include <stdbool.h>
#include <stdint.h>

#define PREDICTOR_POINTS  640U /* demand at the last steps: all errors can be refilled from them */
#define PREDICTOR_LINES   3U
#define PREDICTOR_PRICES  3U
#define PREDICTOR_WINDOWS 2U
#define PREDICTOR_WAYS    (FORECASTER_COUNT * PREDICTOR_PRICES * PREDICTOR_WINDOWS)
#define PREDICTOR_DUE_MAX (REHEARSAL_DELAY_MAX + 2U)

/* What a predictor is told at a tick. */
struct predictor_input {
    int64_t now_ms;
    double demand; /* of the group; finite, not negative */
    double weight; /* of one node, > 0 */
    double high;   /* shares */
    double target;
    double price;
    int64_t tick_ms;
    int64_t lead_ms;
    int64_t stabilization_ms;
    unsigned nodes_min;
    unsigned nodes_max;
};

/* A forecast that waits for its time to come. */
struct predictor_due {
    int64_t time_ms;
    float value[FORECASTER_COUNT]; /* below 0: it had none */
    float low;                     /* of the way that decided */
    float high;
    float bound;
    float nodes; /* what the bound costs, in mean fleets */
    float promised;
};

/* All zeros is one without a past. */
struct predictor {
    /* what it is laid out for; when any of it changes, the errors are refilled from the points */
    int64_t tick_ms, lead_ms, stabilization_ms;
    int64_t step_ms;
    unsigned delay_steps;
    unsigned window_steps[PREDICTOR_WINDOWS];

    int64_t stepped_ms;
    bool stepped; /* at least once */
    double sum;   /* of demand since the last step */
    unsigned ticks;
    unsigned steps;    /* since it was laid out */
    double mean_fleet; /* that hindsight would have run at target: the mean over a day, in units of demand */
    double promised;   /* and paid: means of the price, as the decisions expected it and as it came */
    double paid;
    double coverage; /* share of outcomes within their interval */
    double tail;     /* of the errors, on each side of the interval; it follows the coverage */
    double scored;   /* forecasts, up to a memory's length */

    struct history points;
    struct history_point points_memory[PREDICTOR_POINTS];
    struct trend lines[PREDICTOR_LINES];
    struct errors errors[FORECASTER_COUNT];
    struct predictor_due due[PREDICTOR_DUE_MAX];
    unsigned due_first, due_count;
    struct rehearsal_window recommended[FORECASTER_COUNT][PREDICTOR_PRICES];
    struct rehearsal rehearsals[PREDICTOR_WAYS];
    unsigned leader; /* of the ways */
    struct season season;
    struct forecast forecast; /* of the last step */
};

/* For a tick, lead time and stabilization window, those of the input: forgets all but the season. */
void predictor_lay_out(struct predictor *predictor, const struct predictor_input *in);

/* Completes predictor->forecast after it was filled from outside. */
void predictor_complete(struct predictor *predictor);

/* Takes in a tick and returns the forecast that stands. */
const struct forecast *predictor_tick(struct predictor *predictor, const struct predictor_input *in);

#endif
