#include "scaler/group.h"

#include "scaler/forecast.h"
#include "scaler/memory.h"
#include "scaler/policy.h"

#include <stdlib.h>

#define GAP_TICKS 3 /* so many may be missing without that the window is seen anew: a restart takes fewer */

struct scaler *scaler_new(void)
{
    struct scaler *scaler = calloc(1, sizeof *scaler);

    if (scaler == NULL)
        return NULL;
    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        history_init(&scaler->demand[r], scaler->demand_points[r], FORECAST_POINTS_MAX);
    history_init(&scaler->recommendations, scaler->recommendation_points, SCALER_TICKS_MAX);
    return scaler;
}

void scaler_free(struct scaler *scaler)
{
    free(scaler);
}

static void hold(const struct scaler *scaler, struct decision *d)
{
    unsigned known = d->current + d->observed.unreported;

    d->desired = scaler->desired;
    if (!scaler->decided && known > d->desired)
        d->desired = known;
    d->raw = d->desired;
    d->action = ACTION_HOLD;
}

static void record_demand(struct scaler *scaler, const struct decision *d)
{
    for (enum resource r = 0; r < RESOURCE_COUNT; r++) {
        if (d->observed.resource[r].nodes > 0)
            history_push(&scaler->demand[r], d->now_ms, policy_demand(d, r));
        history_forget(&scaler->demand[r], d->now_ms - forecast_window_ms(d->settings.tick_ms));
    }
}

/* A resource that is not reported now is not forecast from what was. */
static void forecast_demand(const struct scaler *scaler, struct decision *d)
{
    int64_t window_ms = forecast_window_ms(d->settings.tick_ms);
    int64_t horizon_ms = scaler_horizon_ms(&d->settings);

    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        if (d->observed.resource[r].nodes > 0)
            d->forecast[r] = forecast_linear(&scaler->demand[r], d->now_ms, window_ms, horizon_ms);
}

static struct stabilization stabilize(struct history *recommendations, const struct decision *d)
{
    int64_t window_ms = d->settings.stabilization_ms;

    history_push(recommendations, d->now_ms, d->raw);
    history_forget(recommendations, d->now_ms - window_ms);

    unsigned ticks = history_window(recommendations, d->now_ms, window_ms);
    struct stabilization window = {.whole = history_covers(recommendations, d->now_ms, window_ms)};
    for (unsigned age = 0; age < ticks; age++) {
        unsigned recommended = (unsigned)history_at(recommendations, age)->value;
        if (recommended > window.highest)
            window.highest = recommended;
    }
    return window;
}

static void decide(struct scaler *scaler, struct decision *d)
{
    record_demand(scaler, d);
    forecast_demand(scaler, d);
    policy_vote(d);
    policy_combine(d, scaler->desired);
    policy_scale_in(d, stabilize(&scaler->recommendations, d));
    policy_bound(d);
    scaler->decided = true;
}

/* What would have been recommended meanwhile is not known. */
static void notice_gap(struct scaler *scaler, const struct decision *d)
{
    int64_t tick_ms = d->settings.tick_ms > scaler->tick_ms ? d->settings.tick_ms : scaler->tick_ms;

    if (d->now_ms - scaler->ticked_ms > GAP_TICKS * tick_ms)
        history_interrupt(&scaler->recommendations);
    scaler->ticked_ms = d->now_ms;
    scaler->tick_ms = d->settings.tick_ms;
}

struct decision scaler_step(struct scaler *scaler, const struct scaler_settings *settings, int64_t now_ms,
                            const struct group_observation *observed)
{
    struct decision decision = {.now_ms = now_ms, .settings = *settings, .observed = *observed};

    notice_gap(scaler, &decision);
    policy_clean(&decision.observed);
    policy_observe(&decision);
    if (policy_silent(&decision))
        hold(scaler, &decision);
    else
        decide(scaler, &decision);
    scaler->desired = decision.desired;
    return decision;
}
