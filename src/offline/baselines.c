#include "offline/baselines.h"

#include "offline/score.h"
#include "offline/trace.h"

#include <math.h>

#define TARGET   0.7 /* of the static fleet */
#define ROUNDING 1e-9

#define THRESHOLD_HIGH 0.75
#define THRESHOLD_LOW  0.30
#define THRESHOLD_REST 4U /* steps: 60 s */

#define PHPA_AHEAD (10.0 / REPLAY_STEP_S) /* steps */

static double whole(double nodes)
{
    return ceil(nodes - ROUNDING);
}

/* ---- static ---- */

static unsigned static_begin(void *state, const struct sim_setup *setup)
{
    double peak = 0.0;
    (void)state;

    for (size_t k = 0; k < setup->steps; k++)
        peak = fmax(peak, setup->demand[k]);
    return score_nodes(peak, TARGET, setup->nodes_min, setup->nodes_max);
}

static struct sim_move static_step(void *state, const struct sim_view *view)
{
    (void)state;
    return (struct sim_move){.desired = view->ready + view->pending, .recommendation = view->ready + view->pending};
}

struct sim_policy baselines_static(struct baseline *baseline)
{
    return (struct sim_policy){.name = "static", .state = baseline, .begin = static_begin, .step = static_step};
}

/* ---- threshold ---- */

static struct sim_move threshold_step(void *state, const struct sim_view *view)
{
    struct baseline *baseline = state;
    unsigned current = view->ready + view->pending;
    struct sim_move move = {.desired = current, .recommendation = current};

    if (view->utilisation > THRESHOLD_HIGH && current < view->nodes_max)
        move.recommendation = current + 1;
    else if (view->utilisation < THRESHOLD_LOW && current > view->nodes_min)
        move.recommendation = current - 1;
    if (baseline->acted && view->step - baseline->acted_step < THRESHOLD_REST)
        return move;
    move.desired = (unsigned)move.recommendation;
    if (move.desired != current) {
        baseline->acted = true;
        baseline->acted_step = view->step;
    }
    return move;
}

struct sim_policy baselines_threshold(struct baseline *baseline)
{
    return (struct sim_policy){.name = "threshold", .state = baseline, .step = threshold_step};
}

/* ---- hpa ---- */

/* The count that the HPA calculates before it stabilizes. */
double baselines_hpa_calculate(const struct hpa_settings *hpa, const struct sim_view *view)
{
    double current = view->ready + view->pending;
    double ratio = view->utilisation / hpa->target;

    if (ratio > 1.0 && view->pending > 0) {
        double idle_ratio = view->utilisation * view->ready / current / hpa->target;
        if (idle_ratio < 1.0 || fabs(idle_ratio - 1.0) <= hpa->tolerance)
            return current;
        return fmax(current, whole(idle_ratio * current));
    }
    return fabs(ratio - 1.0) <= hpa->tolerance ? current : whole(ratio * view->ready);
}

/* Scales out at once, within the limit of a step, and in to the highest recommendation within the window. The fleet at
 * the start counts as a recommendation. */
unsigned baselines_hpa_stabilize(struct baseline *baseline, const struct sim_view *view, double recommendation)
{
    unsigned window = baseline->hpa.window > 0 ? baseline->hpa.window : 1;
    double current = view->ready + view->pending;
    size_t seen = view->step + 1 < window ? view->step + 1 : window;

    if (view->step == 0)
        baseline->start = view->ready;
    baseline->recommended[view->step % window] = recommendation;
    if (recommendation > current)
        return (unsigned)fmin(recommendation, fmax(current + 4.0, 2.0 * current));

    double highest = view->step < window ? baseline->start : 0.0;
    for (size_t i = 0; i < seen; i++)
        highest = fmax(highest, baseline->recommended[i]);
    return (unsigned)fmin(highest, current);
}

static struct sim_move hpa_step(void *state, const struct sim_view *view)
{
    struct baseline *baseline = state;
    double nodes = baselines_hpa_calculate(&baseline->hpa, view);

    return (struct sim_move){.desired = baselines_hpa_stabilize(baseline, view, nodes), .recommendation = nodes};
}

struct sim_policy baselines_hpa(struct baseline *baseline)
{
    return (struct sim_policy){.name = "hpa", .state = baseline, .step = hpa_step};
}

/* ---- phpa ---- */

/* Extrapolates the line through the last counts. A single count is returned as it is. */
static double phpa_predict(const struct baseline *baseline, size_t step)
{
    unsigned n = step + 1 < BASELINES_HISTORY ? (unsigned)step + 1 : BASELINES_HISTORY;
    double mean_x = -((double)n - 1.0) / 2.0; /* x is 0 at the newest */
    double mean_y = 0.0, sxx = 0.0, sxy = 0.0;

    for (unsigned age = 0; age < n; age++)
        mean_y += baseline->calculated[(step - age) % BASELINES_HISTORY] / n;
    for (unsigned age = 0; age < n; age++) {
        double x = -(double)age - mean_x;
        sxx += x * x;
        sxy += x * (baseline->calculated[(step - age) % BASELINES_HISTORY] - mean_y);
    }
    return n < 2 ? mean_y : whole(mean_y + sxy / sxx * (PHPA_AHEAD - mean_x));
}

static struct sim_move phpa_step(void *state, const struct sim_view *view)
{
    struct baseline *baseline = state;
    double nodes = baselines_hpa_calculate(&baseline->hpa, view);

    baseline->calculated[view->step % BASELINES_HISTORY] = nodes;
    nodes = fmax(nodes, phpa_predict(baseline, view->step));
    return (struct sim_move){.desired = baselines_hpa_stabilize(baseline, view, nodes), .recommendation = nodes};
}

struct sim_policy baselines_phpa(struct baseline *baseline)
{
    return (struct sim_policy){.name = "phpa", .state = baseline, .step = phpa_step};
}
