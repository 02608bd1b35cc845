#include "scaler/scaler.h"

#include "scaler/forecast.h"
#include "scaler/policy.h"
#include "scaler/scaler_memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GAP_TICKS 3 /* ticks that may be missing before the stabilization window restarts; a restart takes fewer */
#define HOUR_MS   INT64_C(3600000)

/* No order is given up sooner, so that the scaler can learn a lead time that was configured too short. */
#define ORDER_MS_MIN  INT64_C(600000)
#define LEAD_MS_MAX   INT64_C(86400000)
#define LINE_MS       INT64_C(120000)
#define LEAD_SLACK    10 /* a learned lead time must differ by this part of the one in use */
#define FUTILE_JOINS  3U
#define FUTILE_GROWTH 2U
#define FUTILE_SHARE  0.95

/* All zeros is a scaler without a past, apart from the histories. */
static void init_histories(struct scaler *scaler)
{
    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        history_init(&scaler->demand[r], scaler->demand_points[r], TREND_POINTS_MAX);
    history_init(&scaler->recommendations, scaler->recommendation_points, SCALER_TICKS_MAX);
}

void scaler_clear(struct scaler *scaler)
{
    memset(scaler, 0, sizeof *scaler);
    init_histories(scaler);
}

/* calloc(), not memset(): pages that are never used never become resident. */
struct scaler *scaler_new(void)
{
    struct scaler *scaler = calloc(1, sizeof *scaler);

    if (scaler != NULL)
        init_histories(scaler);
    return scaler;
}

void scaler_free(struct scaler *scaler)
{
    free(scaler);
}

const struct history *scaler_demand(const struct scaler *scaler)
{
    return &scaler->predictor[RESOURCE_CPU].points;
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

/* ---- orders ---- */

/* Changes the lead time in use only if the learned one differs clearly, because all forecast errors are recomputed
 * then. */
static void learn_lead(struct scaler *scaler, const struct scaler_settings *s)
{
    if (scaler->orders.lead_count < LEAD_TIMES_MIN) {
        scaler->lead_ms = s->lead_time_ms;
        return;
    }
    int64_t learned_ms = orders_lead_ms(&scaler->orders, s->lead_time_ms);
    int64_t whole_ms = (learned_ms + s->tick_ms - 1) / s->tick_ms * s->tick_ms;
    int64_t slack_ms = scaler->lead_ms / LEAD_SLACK > s->tick_ms ? scaler->lead_ms / LEAD_SLACK : s->tick_ms;
    if (llabs(whole_ms - scaler->lead_ms) > slack_ms)
        scaler->lead_ms = whole_ms < LEAD_MS_MAX ? whole_ms : LEAD_MS_MAX;
}

/* An order that is not fulfilled within twice the longest lead time no longer counts as capacity, so its nodes are
 * ordered again. Expiry comes first, so that the time while the collector was down is not learned as a lead time. */
static void follow_orders(struct scaler *scaler, struct decision *d)
{
    int64_t longest_ms = orders_longest_lead_ms(&scaler->orders);
    int64_t patience_ms = 2 * (longest_ms > d->settings.lead_time_ms ? longest_ms : d->settings.lead_time_ms);

    d->expired = orders_expire(&scaler->orders, d->now_ms, patience_ms > ORDER_MS_MIN ? patience_ms : ORDER_MS_MIN);
    orders_fulfil(&scaler->orders, d->now_ms, d->observed.joined, d->observed.left);
    learn_lead(scaler, &d->settings);
    d->pending = orders_nodes(&scaler->orders.arriving);
    d->leaving = orders_nodes(&scaler->orders.leaving);
    d->lead_ms = scaler->lead_ms;
    d->lead_seen = scaler->orders.lead_count >= LEAD_TIMES_MIN ? scaler->orders.lead_count : 0;
}

void scaler_ordered(struct scaler *scaler, const struct decision *decision)
{
    orders_place(&scaler->orders, decision->now_ms, decision->current, decision->desired);
    if (decision->desired >= decision->current)
        return;
    scaler->scale_in_ms[scaler->scale_in_next] = decision->now_ms;
    scaler->scale_in_next = (scaler->scale_in_next + 1) % SCALE_INS_MAX;
}

void scaler_withdrawn(struct scaler *scaler, int64_t since_ms)
{
    orders_withdraw(&scaler->orders, since_ms);
    for (unsigned i = 0; i < SCALE_INS_MAX; i++)
        if (scaler->scale_in_ms[i] >= since_ms)
            scaler->scale_in_ms[i] = 0;
}

static unsigned scale_ins(const struct scaler *scaler, int64_t now_ms)
{
    unsigned count = 0;

    for (unsigned i = 0; i < SCALE_INS_MAX; i++)
        count += scaler->scale_in_ms[i] != 0 && scaler->scale_in_ms[i] > now_ms - HOUR_MS;
    return count;
}

/* ---- forecasts ---- */

static struct forecast predict(struct predictor *predictor, const struct decision *d, enum resource resource)
{
    const struct scaler_settings *s = &d->settings;
    const struct predictor_input in = {
        .now_ms = d->now_ms,
        .demand = d->demand[resource],
        .weight = policy_weight(d, resource),
        .high = s->thresholds[resource].high,
        .target = s->thresholds[resource].target,
        .price = s->price,
        .tick_ms = s->tick_ms,
        .lead_ms = d->lead_ms,
        .stabilization_ms = s->stabilization_ms,
        .nodes_min = s->nodes_min,
        .nodes_max = s->nodes_max,
    };

    return *predictor_tick(predictor, &in);
}

/* A resource whose forecast does not vote: a line through the last 120 s, for the record only. */
static struct forecast follow_line(struct scaler *scaler, const struct decision *d, enum resource resource)
{
    struct history *demand = &scaler->demand[resource];
    struct trend *trend = &scaler->trend[resource];
    struct regression fit;

    history_push(demand, d->now_ms, d->demand[resource]);
    trend_follow(trend, demand, LINE_MS);
    history_forget(demand, d->now_ms - LINE_MS);
    if (!trend_fit(trend, d->now_ms, &fit))
        return (struct forecast){0};
    double seen_s = (double)(d->now_ms - history_at(demand, trend->n - 1)->time_ms) / 1000.0;
    return forecast_line(&fit, seen_s, d->lead_ms + d->settings.tick_ms);
}

/* The history that the last demand is in. */
static const struct history *past_demand(const struct scaler *scaler, const struct decision *d, enum resource resource)
{
    return d->settings.forecast[resource] ? &scaler->predictor[resource].points : &scaler->demand[resource];
}

static void continue_demand(const struct scaler *scaler, struct decision *d)
{
    for (enum resource r = 0; r < RESOURCE_COUNT; r++) {
        const struct history *past = past_demand(scaler, d, r);
        if (d->observed.resource[r].nodes > 0 && past->count > 0)
            policy_continue(d, r, history_at(past, 0)->value);
    }
}

/* A resource that is not reported now gets no forecast. */
static void forecast_demand(struct scaler *scaler, struct decision *d)
{
    for (enum resource r = 0; r < RESOURCE_COUNT; r++) {
        if (d->observed.resource[r].nodes == 0)
            continue;
        if (d->settings.forecast[r])
            d->forecast[r] = predict(&scaler->predictor[r], d, r);
        else
            d->forecast[r] = follow_line(scaler, d, r);
    }
}

/* ---- the step ---- */

/* Scaling out is futile when the nodes have doubled, in at least FUTILE_JOINS steps, and are as loaded as before. */
static void notice_futility(struct overload *overload, struct decision *d)
{
    double utilisation = d->utilisation[RESOURCE_CPU];

    if (!(utilisation > d->settings.thresholds[RESOURCE_CPU].high)) {
        *overload = (struct overload){0};
        return;
    }
    if (!overload->lasts)
        *overload = (struct overload){.lasts = true, .live = d->observed.live, .utilisation = utilisation};
    else if (d->observed.joined > 0)
        overload->joined++;
    d->futile = overload->joined >= FUTILE_JOINS && d->observed.live >= FUTILE_GROWTH * overload->live &&
                utilisation >= FUTILE_SHARE * overload->utilisation;
}

/* Records the recommendation, and returns the highest within the stabilization window. */
static struct stabilization stabilize(struct history *recommendations, struct decision *d)
{
    bool forecast = d->rule == RULE_FORECAST && d->forecast[d->resource].window_ms > 0;

    d->window_ms = forecast ? d->forecast[d->resource].window_ms : d->settings.stabilization_ms;
    history_push(recommendations, d->now_ms, d->raw);
    history_forget(recommendations, d->now_ms - d->settings.stabilization_ms);

    unsigned ticks = history_window(recommendations, d->now_ms, d->window_ms);
    struct stabilization window = {.whole = history_covers(recommendations, d->now_ms, d->window_ms)};
    for (unsigned age = 0; age < ticks; age++) {
        unsigned recommended = (unsigned)history_at(recommendations, age)->value;
        if (recommended > window.highest)
            window.highest = recommended;
    }
    return window;
}

static void decide(struct scaler *scaler, struct decision *d)
{
    continue_demand(scaler, d);
    forecast_demand(scaler, d);
    notice_futility(&scaler->overload, d);
    policy_vote(d);
    policy_combine(d, scaler->desired);
    struct stabilization window = stabilize(&scaler->recommendations, d);
    policy_scale_out(d);
    policy_scale_in(d, window, scale_ins(scaler, d->now_ms));
    policy_bound(d);
    scaler->decided = true;
}

/* The recommendations during a gap are unknown: there was no tick, or the group was silent. */
static void notice_gap(struct scaler *scaler, const struct decision *d)
{
    const struct history *known = &scaler->recommendations;
    int64_t tick_ms = d->settings.tick_ms > scaler->tick_ms ? d->settings.tick_ms : scaler->tick_ms;

    if (known->count == 0 || d->now_ms - history_at(known, 0)->time_ms > GAP_TICKS * tick_ms)
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
    follow_orders(scaler, &decision);
    policy_observe(&decision);
    if (policy_withholds(&decision))
        hold(scaler, &decision);
    else
        decide(scaler, &decision);
    scaler->desired = decision.desired;
    return decision;
}
