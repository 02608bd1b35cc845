#include "scaler/predictor.h"

#include "scaler/doubt.h"
#include "scaler/features.h"
#include "scaler/margin.h"
#include "scaler/sizing.h"

#include <math.h>
#include <string.h>

#define STEP_MS       15000 /* at most, where the lead time allows it */
#define STEPS_OF_LEAD 8     /* at least this many steps in a lead time, unless a tick is longer */
#define STEPS_MAX     64    /* in a lead time */
#define DAY_MS        86400000.0
#define MEMORY_MS     30000000.0 /* over which the price of a strategy is averaged: 8 h 20 min */
/* The price of an action, as time of the mean fleet: connections move, and caches are cold. At most a horizon: where
 * nodes start within seconds, this price would outweigh all that a better forecast saves. */
#define ACTION_PRICE_MS 15000.0
/* The spread of assumed errors, as a share of the forecast, at a horizon of SPREAD_MS; it grows with the root of the
 * horizon. With the largest one and no errors yet, a bound at the default price is 1.5 times the demand: a group of
 * which nothing is known needs no more, however long its nodes take to start. */
#define SPREAD         0.05
#define SPREAD_MAX     0.19
#define SPREAD_MS      15000.0
#define PEAK_MS        120000
#define LINE_STEPS_MIN 4
#define TAIL           ((1.0 - FORECAST_CONFIDENCE) / 2.0)
#define TAIL_MIN       0.002
#define TAIL_MAX       0.2
#define TAIL_GAIN      0.005 /* how fast the tail adapts */
#define STRETCH_TAIL   0.01  /* below TAIL_MIN: the width doubles over 4 misses in a row */
#define STRETCH_MAX    6.0   /* doublings */
#define ROUNDING       1e-9  /* of demand: a forecast is not wrong by what arithmetic rounds away */

static const int64_t line_ms[PREDICTOR_LINES] = {60000, 120000, 300000};
static const double price_factors[PREDICTOR_PRICES] = {1.0 / 3.0, 1.0, 3.0};

/* A forecaster, a factor of the price, and a stabilization window. */
struct strategy {
    enum forecaster forecaster;
    unsigned price;
    unsigned window;
};

static struct strategy strategy_of(unsigned number)
{
    return (struct strategy){
        .forecaster = number / (PREDICTOR_PRICES * PREDICTOR_WINDOWS),
        .price = number / PREDICTOR_WINDOWS % PREDICTOR_PRICES,
        .window = number % PREDICTOR_WINDOWS,
    };
}

/* ---- layout ---- */

static int64_t step_for(int64_t tick_ms, int64_t lead_ms)
{
    int64_t step_ms = lead_ms / STEPS_OF_LEAD < STEP_MS ? lead_ms / STEPS_OF_LEAD : STEP_MS;

    if (step_ms < lead_ms / STEPS_MAX)
        step_ms = lead_ms / STEPS_MAX;
    return step_ms <= tick_ms ? tick_ms : (step_ms + tick_ms - 1) / tick_ms * tick_ms;
}

static unsigned steps_in(int64_t ms, int64_t step_ms)
{
    int64_t steps = (ms + step_ms - 1) / step_ms;

    return steps > 1 ? (unsigned)steps : 1;
}

void predictor_lay_out(struct predictor *p, const struct predictor_input *in)
{
    p->tick_ms = in->tick_ms;
    p->lead_ms = in->lead_ms;
    p->stabilization_ms = in->stabilization_ms;
    p->step_ms = step_for(in->tick_ms, in->lead_ms);
    p->delay_steps = steps_in(in->lead_ms, p->step_ms);
    p->spread = fmin(SPREAD * sqrt((double)(p->lead_ms + p->step_ms) / SPREAD_MS), SPREAD_MAX);
    p->window_steps[0] = steps_in(in->stabilization_ms, p->step_ms);
    p->window_steps[1] = steps_in((int64_t)(PREDICTOR_SHORT_WINDOW * (double)in->stabilization_ms), p->step_ms);

    p->steps = 0;
    p->due_count = 0;
    p->leader = 0;
    p->promised = p->paid = p->coverage = p->scored = 0.0;
    p->tail = TAIL;
    p->doubt = DOUBT_NONE;
    p->was_saturated = false;
    history_init(&p->points, p->points_memory, PREDICTOR_POINTS);
    memset(p->lines, 0, sizeof p->lines);
    memset(p->errors, 0, sizeof p->errors);
    memset(&p->ridge, 0, sizeof p->ridge);
    for (unsigned f = 0; f < FORECASTER_COUNT; f++)
        for (unsigned i = 0; i < PREDICTOR_PRICES; i++)
            rehearsal_window_init(&p->recommended[f][i], p->window_steps[0]);
    anticipation_lay_out(&p->anticipation, p->window_steps[0]);
}

static bool is_laid_out(const struct predictor *p, const struct predictor_input *in)
{
    return p->delay_steps > 0 && p->tick_ms == in->tick_ms && p->lead_ms == in->lead_ms &&
           p->stabilization_ms == in->stabilization_ms;
}

/* ---- what falls due ---- */

static double blend(double mean, double value, double weight)
{
    return mean + weight * (value - mean);
}

/* Scores the forecast that was published. The interval widens after an outcome outside and narrows a little after one
 * inside, so that in the long run it contains the stated share, whatever demand does (Gibbs & Candes, Adaptive
 * Conformal Inference, NeurIPS 2021). */
static void score_forecast(struct predictor *p, const struct predictor_due *due, double demand, double price)
{
    p->scored += 1.0;
    double weight = fmax(1.0 / p->scored, (double)p->step_ms / DAY_MS);

    bool within = demand >= due->low && demand <= due->high;
    bool is_above = demand > due->bound * (1.0 + ROUNDING);

    p->coverage = blend(p->coverage, within, weight);
    p->tail += TAIL_GAIN * ((1.0 - FORECAST_CONFIDENCE) - !within) / 2.0;
    p->tail = fmin(fmax(p->tail, TAIL_MIN - STRETCH_MAX * STRETCH_TAIL), TAIL_MAX);
    p->promised = blend(p->promised, due->promised, weight);
    p->paid = blend(p->paid, due->nodes + (is_above ? price : 0.0), weight);
    if (price > 0.0)
        p->doubt = doubt_learn(p->doubt, (due->promised - due->nodes) / price, is_above);
}

/* Compares the forecasts that are due with the demand. After a gap, drops those whose outcome was not observed. */
static void score(struct predictor *p, const struct predictor_input *in, double demand)
{
    for (; p->due_count > 0; p->due_count--, p->due_first = (p->due_first + 1) % PREDICTOR_DUE_MAX) {
        const struct predictor_due *due = &p->due[p->due_first];
        if (due->time_ms > in->now_ms + p->step_ms / 2)
            return;
        if (due->time_ms < in->now_ms - p->step_ms / 2 || due->saturated)
            continue;
        for (unsigned f = 0; f < FORECASTER_COUNT; f++)
            errors_push(&p->errors[f], demand - due->value[f]);
        /* a lower bound teaches only that more was to be expected */
        if (!in->saturated || demand > due->value[FORECASTER_RIDGE])
            ridge_learn(&p->ridge, due->features, demand - due->value[FORECASTER_LAST], p->step_ms);
        score_forecast(p, due, demand, in->price);
    }
}

/* ---- forecasting ---- */

/* The highest demand after that time. */
static double highest_since(const struct predictor *p, int64_t after_ms)
{
    double highest = 0.0;

    for (unsigned age = 0; age < p->points.count && history_at(&p->points, age)->time_ms > after_ms; age++) {
        double value = history_at(&p->points, age)->value;
        highest = value > highest ? value : highest;
    }
    return highest;
}

/* A bound beyond twice the demand, and beyond all that was seen in the last hours and yesterday, follows a jump and not
 * a trend. *seen: that demand; below 0, it is looked up: few steps need it. */
static double plausible(const struct predictor *p, double bound, double demand, double *seen)
{
    if (bound <= PREDICTOR_GROWTH * demand)
        return bound;
    if (*seen < 0.0)
        *seen = fmax(highest_since(p, INT64_MIN), season_highest(&p->season));
    return fmin(bound, fmax(PREDICTOR_GROWTH * demand, *seen));
}

static double mean_since(const struct predictor *p, int64_t after_ms)
{
    double sum = 0.0;
    unsigned n = 0;

    for (; n < p->points.count && history_at(&p->points, n)->time_ms > after_ms; n++)
        sum += history_at(&p->points, n)->value;
    return n > 0 ? sum / n : 0.0;
}

/* The window, at least LINE_STEPS_MIN steps. */
static int64_t window_of(const struct predictor *p, int64_t window_ms)
{
    int64_t least_ms = LINE_STEPS_MIN * p->step_ms;

    return window_ms > least_ms ? window_ms : least_ms;
}

/* Of that, what a line may follow: once the whole demand is seen again, nothing of before. */
static int64_t line_window_of(const struct predictor *p, int64_t window_ms, int64_t now_ms)
{
    int64_t most_ms = now_ms - p->seen_ms + 1;
    int64_t whole_ms = window_of(p, window_ms);

    return p->was_saturated || whole_ms < most_ms ? whole_ms : most_ms;
}

static unsigned place_of(const struct predictor *p, unsigned age)
{
    return (p->points.next + PREDICTOR_POINTS - 1 - age) % PREDICTOR_POINTS;
}

bool predictor_point_is_saturated(const struct predictor *p, unsigned age)
{
    unsigned place = place_of(p, age);

    return (p->saturated_points[place / 32] >> place % 32 & 1U) != 0;
}

void predictor_mark_point(struct predictor *p, unsigned age, bool saturated)
{
    unsigned place = place_of(p, age);
    uint32_t bit = UINT32_C(1) << place % 32;

    p->saturated_points[place / 32] &= ~bit;
    p->saturated_points[place / 32] |= saturated ? bit : 0;
}

/* Whether the whole demand is seen, and since when. */
static void notice_saturation(struct predictor *p, const struct predictor_input *in)
{
    predictor_mark_point(p, 0, in->saturated);
    if (p->steps == 0 || (!in->saturated && p->was_saturated))
        p->seen_ms = in->now_ms;
    p->was_saturated = in->saturated;
}

static double follow_line(const struct trend *line, int64_t now_ms, double horizon_s, double last)
{
    struct regression fit;

    if (!trend_fit(line, now_ms, &fit))
        return last;
    return fmax(regress_at(&fit, 0.0), regress_at(&fit, horizon_s));
}

static void forecast_all(const struct predictor *p, const struct predictor_input *in, double demand,
                         const float *features, double *value)
{
    int64_t horizon_ms = p->lead_ms + p->step_ms;
    double rise = 0.0;

    value[FORECASTER_LAST] = demand;
    for (unsigned i = 0; i < PREDICTOR_LINES; i++)
        value[FORECASTER_LINE_60 + i] = follow_line(&p->lines[i], in->now_ms, (double)horizon_ms / 1000.0, demand);
    value[FORECASTER_PEAK] = highest_since(p, in->now_ms - window_of(p, PEAK_MS));
    value[FORECASTER_SEASON] = demand;
    if (season_rise(&p->season, in->now_ms, horizon_ms, &rise))
        value[FORECASTER_SEASON] = mean_since(p, in->now_ms - window_of(p, PEAK_MS)) + rise;
    value[FORECASTER_RIDGE] = demand + ridge_predict(&p->ridge, features);
    for (unsigned f = 0; f < FORECASTER_COUNT; f++)
        value[f] = fmax(value[f], 0.0);
}

static struct errors_view view_of(const struct predictor *p, enum forecaster f, double value, float *scratch)
{
    return errors_view(&p->errors[f], p->spread * fmax(value, 1e-9), scratch);
}

/* ---- rehearsing ---- */

static struct rehearsal_step step_of(const struct predictor *p, const struct predictor_input *in, double demand)
{
    return (struct rehearsal_step){
        .demand = demand,
        .high = in->high,
        .weight = in->weight,
        .mean_fleet = p->mean_fleet,
        .price = in->price,
        .action_price = fmin(ACTION_PRICE_MS, (double)(p->lead_ms + p->step_ms)) / (double)p->step_ms,
        .memory = fmax((double)p->step_ms / MEMORY_MS, 1.0 / (p->steps + 1)),
        .delay_steps = p->delay_steps,
        .nodes_min = in->nodes_min,
        .nodes_max = in->nodes_max,
    };
}

/* Runs all strategies on the demand, and lets the cheapest one lead. */
static void rehearse(struct predictor *p, const struct predictor_input *in, double demand,
                     struct margin margins[][PREDICTOR_PRICES])
{
    struct rehearsal_step step = step_of(p, in, demand);

    for (unsigned number = 0; number < PREDICTOR_STRATEGIES; number += PREDICTOR_WINDOWS) {
        struct strategy strategy = strategy_of(number);
        struct rehearsal_window *recommended = &p->recommended[strategy.forecaster][strategy.price];
        unsigned raw = sizing_nodes(margins[strategy.forecaster][strategy.price].bound, in->high, in->weight);
        rehearsal_window_push(recommended, raw);
        for (unsigned window = 0; window < PREDICTOR_WINDOWS; window++) {
            struct rehearsal *rehearsal = &p->rehearsals[number + window];
            if (p->steps == 0)
                rehearsal_init(rehearsal, sizing_nodes(demand, in->target, in->weight));
            rehearsal_run(rehearsal, &step, raw, recommended, p->window_steps[window]);
        }
    }
    for (unsigned number = 0; number < PREDICTOR_STRATEGIES; number++)
        if (p->rehearsals[number].price < p->rehearsals[p->leader].price)
            p->leader = number;
}

/* ---- a step ---- */

static double slope_of(const struct predictor *p, int64_t now_ms)
{
    struct regression fit;

    return trend_fit(&p->lines[1], now_ms, &fit) ? fit.slope : 0.0;
}

/* The stabilization window of the leading strategy. */
static int64_t leading_window_ms(const struct predictor *p)
{
    double share = strategy_of(p->leader).window == 0 ? 1.0 : PREDICTOR_SHORT_WINDOW;

    return (int64_t)(share * (double)p->stabilization_ms);
}

/* Fills in what follows from the rest of the predictor. */
void predictor_complete(struct predictor *p)
{
    struct forecast *f = &p->forecast;

    f->forecaster = p->anticipates ? FORECASTER_YESTERDAY_PEAK : strategy_of(p->leader).forecaster;
    f->horizon_ms = p->lead_ms + p->step_ms;
    f->window_ms = leading_window_ms(p);
    f->promised = p->promised;
    f->paid = p->paid;
    f->coverage = p->scored > 0.0 ? p->coverage : NAN;
    f->scored = p->errors[strategy_of(p->leader).forecaster].count;
}

/* The quantile of the errors at q, as far from their median as the tail says. Where even the largest errors have
 * contained too few outcomes, as on a smooth curve whose next errors are always a little larger than its last ones, the
 * tail falls below TAIL_MIN and stretches the interval. */
static double interval_end(const struct predictor *p, const struct errors_view *view, bool is_high)
{
    double tail = fmax(p->tail, TAIL_MIN);
    double stretch = exp2((tail - p->tail) / STRETCH_TAIL);
    double median = errors_quantile(view, 0.5);

    return median + stretch * (errors_quantile(view, is_high ? 1.0 - tail : tail) - median);
}

/* The leader's bound, or that for yesterday's peak, with the leader's margin, if it is higher and being ready for
 * it has cost less. */
static double anticipate(struct predictor *p, const struct predictor_input *in, double demand, double expected,
                         double bound)
{
    struct rehearsal_step step = step_of(p, in, demand);
    double peak = anticipation_peak(&p->season, in->now_ms, p->lead_ms + p->step_ms);
    double seen = -1.0;
    double ready = peak > bound ? plausible(p, peak + fmax(bound - expected, 0.0), demand, &seen) : bound;

    anticipation_run(&p->anticipation, &step, p->step_ms, p->window_steps[strategy_of(p->leader).window],
                     sizing_nodes(bound, in->high, in->weight), sizing_nodes(ready, in->high, in->weight), peak > 0.0);
    p->anticipates = ready > bound && anticipation_leads(&p->anticipation);
    return p->anticipates ? ready : bound;
}

/* The forecast of the leading strategy. */
static void conclude(struct predictor *p, const struct predictor_input *in, double demand, const double *value,
                     struct margin margins[][PREDICTOR_PRICES])
{
    float scratch[ERRORS_ASSUMED];
    struct strategy strategy = strategy_of(p->leader);
    struct margin margin = margins[strategy.forecaster][strategy.price];
    struct errors_view view = view_of(p, strategy.forecaster, value[strategy.forecaster], scratch);
    double center = value[strategy.forecaster];
    double bound = anticipate(p, in, demand, center, margin.bound);
    double above = fmin(p->doubt * margin.above, 1.0);

    p->forecast = (struct forecast){
        .valid = true,
        .expected = fmax(center + errors_quantile(&view, 0.5), 0.0),
        .low = fmax(center * (1.0 - ROUNDING) + interval_end(p, &view, false), 0.0),
        .high = fmax(center * (1.0 + ROUNDING) + interval_end(p, &view, true), 0.0),
        .bound = bound,
        .above = above,
        .price = bound / (in->high * p->mean_fleet) + in->price * above,
        .slope = slope_of(p, in->now_ms),
    };
    predictor_complete(p);
}

/* Stores the forecasts until their time comes. */
static void remember(struct predictor *p, const struct predictor_input *in, const float *features, const double *value)
{
    const struct forecast *f = &p->forecast;

    if (p->due_count == PREDICTOR_DUE_MAX)
        return;
    struct predictor_due *due = &p->due[(p->due_first + p->due_count++) % PREDICTOR_DUE_MAX];
    *due = (struct predictor_due){
        .time_ms = in->now_ms + f->horizon_ms,
        .low = f->low,
        .high = f->high,
        .bound = f->bound,
        .nodes = f->bound / (in->high * p->mean_fleet),
        .promised = f->price,
        .saturated = in->saturated,
    };
    memcpy(due->value, value, sizeof due->value);
    memcpy(due->features, features, sizeof due->features);
}

/* The fleet that was needed in hindsight: at target, for the highest demand within a lead time. */
static void learn_mean_fleet(struct predictor *p, const struct predictor_input *in)
{
    double needed = highest_since(p, in->now_ms - p->lead_ms - p->step_ms / 2) / in->target;
    double weight = fmax((double)p->step_ms / DAY_MS, 1.0 / (p->steps + 1));

    p->mean_fleet = fmax(blend(p->mean_fleet, needed, weight), in->weight);
}

/* One step: learns from the demand, forecasts, rehearses, and lets the leader decide. */
static void learn(struct predictor *p, const struct predictor_input *in, double demand)
{
    double value[FORECASTER_COUNT];
    struct margin margins[FORECASTER_COUNT][PREDICTOR_PRICES];
    float scratch[ERRORS_ASSUMED];
    float features[RIDGE_FEATURES];
    double seen = -1.0;

    history_push(&p->points, in->now_ms, demand);
    notice_saturation(p, in);
    for (unsigned i = 0; i < PREDICTOR_LINES; i++)
        trend_follow(&p->lines[i], &p->points, line_window_of(p, line_ms[i], in->now_ms));
    learn_mean_fleet(p, in);
    score(p, in, demand);
    features_of(&p->points, &p->season, in->now_ms, p->step_ms, p->lead_ms + p->step_ms, features);
    forecast_all(p, in, demand, features, value);
    for (unsigned f = 0; f < FORECASTER_COUNT; f++) {
        struct errors_view view = view_of(p, f, value[f], scratch);
        for (unsigned i = 0; i < PREDICTOR_PRICES; i++) {
            margins[f][i] = margin_cheapest(value[f], &view, in->high, p->mean_fleet, in->price * price_factors[i]);
            margins[f][i].bound = plausible(p, margins[f][i].bound, demand, &seen);
        }
    }
    rehearse(p, in, demand, margins);
    conclude(p, in, demand, value, margins);
    remember(p, in, features, value);
    p->steps++;
}

/* Whether the next step is due. */
static bool is_step(const struct predictor *p, int64_t since_ms, int64_t now_ms)
{
    return now_ms - since_ms > p->step_ms - p->tick_ms / 2 - 1;
}

/* A new lead time, tick or window changes all errors: recomputes them from the past demand. */
static void relearn(struct predictor *p, const struct predictor_input *in)
{
    struct history_point past[PREDICTOR_POINTS];
    bool saturated[PREDICTOR_POINTS];
    unsigned count = p->points.count;
    struct predictor_input then = *in;

    for (unsigned age = 0; age < count; age++) {
        past[age] = *history_at(&p->points, age);
        saturated[age] = predictor_point_is_saturated(p, age);
    }
    predictor_lay_out(p, in);
    for (unsigned age = count; age-- > 0;) {
        if (p->steps > 0 && !is_step(p, then.now_ms, past[age].time_ms))
            continue;
        then.now_ms = past[age].time_ms;
        then.saturated = saturated[age];
        learn(p, &then, past[age].value);
    }
}

const struct forecast *predictor_tick(struct predictor *predictor, const struct predictor_input *in)
{
    if (predictor->points.capacity == 0)
        season_init(&predictor->season);
    if (!is_laid_out(predictor, in))
        relearn(predictor, in);
    predictor->sum += in->demand;
    predictor->ticks++;
    predictor->saturated = predictor->saturated || in->saturated;
    season_add(&predictor->season, in->now_ms, in->demand);
    if (!predictor->stepped || is_step(predictor, predictor->stepped_ms, in->now_ms)) {
        struct predictor_input step = *in;
        step.saturated = predictor->saturated;
        learn(predictor, &step, predictor->sum / predictor->ticks);
        predictor->sum = 0.0;
        predictor->ticks = 0;
        predictor->saturated = false;
        predictor->stepped_ms = in->now_ms;
        predictor->stepped = true;
    }
    return &predictor->forecast;
}
