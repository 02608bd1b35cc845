#include "offline/live_policy.h"

#include "offline/trace.h"
#include "scaler/scaler.h"

#include <errno.h>
#include <stdio.h>

int live_policy_init(struct live_policy *live, const struct scaler_settings *settings, int64_t signal_age_ms)
{
    *live = (struct live_policy){.scaler = scaler_new(), .settings = *settings, .signal_age_ms = signal_age_ms};
    live->settings.tick_ms = REPLAY_STEP_MS;
    return live->scaler != NULL ? 0 : -ENOMEM;
}

void live_policy_deinit(struct live_policy *live)
{
    scaler_free(live->scaler);
    live->scaler = NULL;
}

/* The whole demand of `signal_age_ms` ago; at the start, that of the first step. */
static struct signal_observation signal_of(struct live_policy *live, const struct sim_view *view)
{
    const struct thresholds *cpu = &live->settings.thresholds[RESOURCE_CPU];
    size_t steps = (size_t)((live->signal_age_ms + REPLAY_STEP_MS - 1) / REPLAY_STEP_MS);

    live->past[view->step % LIVE_POLICY_STEPS] = view->app_load;
    return (struct signal_observation){
        .name = "demand",
        .kind = SIGNAL_LOAD,
        .value = live->past[(view->step > steps ? view->step - steps : 0) % LIVE_POLICY_STEPS],
        .age_ms = live->signal_age_ms,
        .per_node = 1.0,
        .high = cpu->high,
        .target = cpu->target,
        .forecast = true};
}

/* What agents sent last: the utilisation of `age_ms` ago, between that of the step before and the present one. */
static double seen_demand(struct live_policy *live, const struct sim_view *view)
{
    double share = (double)live->age_ms / REPLAY_STEP_MS;
    double before = view->step > 0 ? live->utilisation_before : view->utilisation;

    live->utilisation_before = view->utilisation;
    return ((1.0 - share) * view->utilisation + share * before) * view->ready;
}

static struct decision decide(struct live_policy *live, const struct sim_view *view)
{
    double demand = live->age_ms > 0 ? seen_demand(live, view) : view->demand;
    struct group_observation observed = {
        .live = view->ready,
        .joined = view->joined,
        .left = view->left,
        .age_ms = live->age_ms,
        .resource[RESOURCE_CPU] = {.demand = demand, .capacity = view->ready, .nodes = view->ready},
    };

    if (live->sees_app)
        observed.resource[RESOURCE_APP] =
            (struct resource_observation){.demand = view->app_load, .capacity = view->ready, .nodes = view->ready};
    if (live->sees_signal)
        observed.signal[0] = signal_of(live, view);
    /* not from time 0, which a monotonic clock never shows */
    return scaler_step(live->scaler, &live->settings, (int64_t)(view->step + 1) * REPLAY_STEP_MS, &observed);
}

static struct sim_move headroom_step(void *state, const struct sim_view *view)
{
    struct live_policy *live = state;
    struct decision d = decide(live, view);

    calibration_step(&live->calibration, d.now_ms, REPLAY_STEP_MS, view->demand, &d.forecast[RESOURCE_CPU],
                     d.settings.price);
    if (d.action != ACTION_HOLD)
        scaler_ordered(live->scaler, &d);
    snprintf(live->reason, sizeof live->reason, "%s %s", rule_names[d.rule], guard_names[d.guard]);
    unsigned desired = d.action != ACTION_HOLD ? d.to : view->ready + view->pending;
    return (struct sim_move){.desired = desired, .recommendation = d.raw, .reason = live->reason};
}

static struct sim_move app_step(void *state, const struct sim_view *view)
{
    struct live_policy *live = state;

    live->sees_app = true;
    return headroom_step(state, view);
}

static struct sim_move signal_step(void *state, const struct sim_view *view)
{
    struct live_policy *live = state;

    live->sees_signal = true;
    return headroom_step(state, view);
}

static struct sim_move reactive_step(void *state, const struct sim_view *view)
{
    struct live_policy *live = state;

    live->settings.forecast[RESOURCE_CPU] = false;
    return headroom_step(state, view);
}

struct sim_policy live_policy_headroom(struct live_policy *live)
{
    return (struct sim_policy){.name = "headroom", .state = live, .step = headroom_step};
}

struct sim_policy live_policy_app(struct live_policy *live)
{
    return (struct sim_policy){.name = "app", .state = live, .step = app_step};
}

struct sim_policy live_policy_signal(struct live_policy *live)
{
    return (struct sim_policy){.name = "signal", .state = live, .step = signal_step};
}

struct sim_policy live_policy_reactive(struct live_policy *live)
{
    return (struct sim_policy){.name = "reactive", .state = live, .step = reactive_step};
}
