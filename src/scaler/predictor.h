/* Pure. Forecasts the demand of one group: seven forecasters compete, and the one that would have cost least decides.
 *
 * Seven forecasters predict demand one lead time and one step from now, when a node ordered now will be ready: the last
 * value; lines by least squares through the last 60, 120 and 300 s, never below their present level; the highest value
 * of the last 120 s; with more than a day of history, the present level plus yesterday's rise; and, with more than two
 * hours, the last value plus the rise that a regression on the past predicts (ridge.h). Each forecaster has a history
 * of its errors, and gives three bounds on demand: at a third of the price, at the price, and at three times the price
 * (margin.h). With two stabilization windows, the configured one and 0.4 of it, these are 42 strategies. All of them
 * are rehearsed on the demand as it is observed (rehearsal.h), and the strategy with the lowest price over the last
 * hours decides. So a forecaster that is worse than the last value, or too cautious, loses its vote.
 *
 * While the nodes are saturated the demand that is seen is a lower bound, and rises when ordered nodes arrive. That is
 * no trend: nothing is learned from a forecast that was made then, and the lines begin anew with the first step after
 * it. With or without saturation, no bound exceeds PREDICTOR_GROWTH times the present demand, unless as much was seen
 * within the last hours or yesterday: so a jump that a line extends, or errors of a jump, order no more than twice what
 * it needs.
 *
 * Beside the leading strategy, yesterday's peak at this time of day decides the bound while that has cost less for days
 * (anticipation.h).
 *
 * The predictor works in steps: one tick, or several when a tick is much shorter than the lead time. Between two steps
 * the last forecast stays. No allocation. */
#ifndef SCALER_PREDICTOR_H
#define SCALER_PREDICTOR_H

#include "scaler/anticipation.h"
#include "scaler/errors.h"
#include "scaler/forecast.h"
#include "scaler/history.h"
#include "scaler/rehearsal.h"
#include "scaler/ridge.h"
#include "scaler/season.h"
#include "scaler/trend.h"

#include <stdbool.h>
#include <stdint.h>

#define PREDICTOR_SHORT_WINDOW 0.4  /* the second stabilization window, as a share of the configured one */
#define PREDICTOR_POINTS       640U /* demand at the last steps; all errors can be recomputed from them */
#define PREDICTOR_LINES        3U
#define PREDICTOR_PRICES       3U
#define PREDICTOR_WINDOWS      2U
#define PREDICTOR_STRATEGIES   (FORECASTER_COUNT * PREDICTOR_PRICES * PREDICTOR_WINDOWS)
#define PREDICTOR_DUE_MAX      (REHEARSAL_DELAY_MAX + 2U)

/* Growth per lead time: from any load to any other one with at most twice the nodes that it needs. */
#define PREDICTOR_GROWTH 2.0

/* The input of one tick. */
struct predictor_input {
    int64_t now_ms;
    double demand;  /* of the group; finite, not negative */
    bool saturated; /* the demand is a lower bound: the nodes are busy */
    double weight;  /* of one node, > 0 */
    double high;    /* shares */
    double target;
    double price;
    int64_t tick_ms;
    int64_t lead_ms;
    int64_t stabilization_ms;
    unsigned nodes_min;
    unsigned nodes_max;
};

/* A forecast whose time has not come yet. */
struct predictor_due {
    int64_t time_ms;
    double value[FORECASTER_COUNT]; /* of each forecaster */
    double low;                     /* of the strategy that decided */
    double high;
    double bound;
    double nodes; /* the cost of the bound's nodes, in mean fleets */
    double promised;
    float features[RIDGE_FEATURES]; /* what the regression predicted from */
    bool saturated;                 /* the forecasts are of a lower bound of demand */
};

/* All zeros: no history. */
struct predictor {
    /* The layout: when one of these changes, the errors are recomputed from the points. */
    int64_t tick_ms, lead_ms, stabilization_ms;
    int64_t step_ms;
    double spread;        /* of assumed errors, as a share of the forecast */
    unsigned delay_steps; /* 0: there is no layout */
    unsigned window_steps[PREDICTOR_WINDOWS];

    int64_t stepped_ms;
    bool stepped; /* at least once */
    double sum;   /* of the demand at the ticks since the last step */
    unsigned ticks;
    bool saturated;     /* one of these ticks was saturated */
    bool was_saturated; /* the last step was */
    bool anticipates;   /* the bound of the last step is yesterday's peak */
    int64_t seen_ms;    /* the whole demand has been seen since then; of no use while was_saturated */
    unsigned steps;     /* since the layout */
    double mean_fleet;  /* needed in hindsight at `target`: the mean over a day, in units of demand */
    double promised;    /* means over past forecasts: the expected price, */
    double paid;        /* and the price paid */
    double coverage;    /* share of outcomes within their interval */
    double tail;        /* share of errors on each side of the interval; adapts to the coverage, see predictor.c */
    double doubt;       /* see doubt.h */
    double scored;      /* forecasts compared with their outcome */

    struct history points;
    struct history_point points_memory[PREDICTOR_POINTS];
    uint32_t saturated_points[PREDICTOR_POINTS / 32]; /* a bit for each place in points_memory */
    struct trend lines[PREDICTOR_LINES];
    struct errors errors[FORECASTER_COUNT];
    struct predictor_due due[PREDICTOR_DUE_MAX];
    unsigned due_first, due_count;
    struct rehearsal_window recommended[FORECASTER_COUNT][PREDICTOR_PRICES];
    struct rehearsal rehearsals[PREDICTOR_STRATEGIES];
    unsigned leader; /* the strategy that decides */
    struct anticipation anticipation;
    struct season season;
    struct ridge ridge;
    struct forecast forecast; /* of the last step */
};

/* Resets everything but the season, for the input's tick, lead time and stabilization window. */
void predictor_lay_out(struct predictor *predictor, const struct predictor_input *in);

/* Completes predictor->forecast after the caller has filled the predictor. */
void predictor_complete(struct predictor *predictor);

/* Whether the point of that age is a lower bound of demand. */
bool predictor_point_is_saturated(const struct predictor *predictor, unsigned age);
void predictor_mark_point(struct predictor *predictor, unsigned age, bool saturated);

/* Takes a tick. Returns the current forecast, which belongs to the predictor. */
const struct forecast *predictor_tick(struct predictor *predictor, const struct predictor_input *in);

#endif
