#include "scaler/scaler.h"

#include "common/uint.h"
#include "scaler/forecast.h"
#include "scaler/helping.h"
#include "scaler/policy.h"
#include "scaler/scale_in.h"
#include "scaler/scale_out.h"
#include "scaler/scaler_memory.h"
#include "scaler/signal_places.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GAP_TICKS   3 /* ticks that may be missing before the stabilization window restarts; a restart takes fewer */
#define HOUR_MS     INT64_C(3600000)
#define DAY_MS      INT64_C(86400000)
#define LEAD_FACTOR 4 /* no longer one is believed, in lead times of the settings */

/* No order expires sooner, so that the scaler can learn a lead time that was configured too short. */
#define ORDER_MS_MIN INT64_C(600000)
#define LEAD_MS_MAX  INT64_C(86400000)
#define LINE_MS      INT64_C(120000)
#define LEAD_SLACK   10 /* a learned lead time must differ by this part of the one in use */

/* All zeros is a scaler without a past, apart from the histories. */
static void init_histories(struct scaler *scaler)
{
    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        history_init(&scaler->demand[r], scaler->demand_points[r], TREND_POINTS_MAX);
    history_init(&scaler->recommendations, scaler->recommendation_points, SCALER_TICKS_MAX);
    group_signals_init(&scaler->signals);
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

/* ---- orders ---- */

void scaler_begin(struct scaler *scaler, uint64_t epoch)
{
    scaler->epoch = scaler->epoch + 1 > epoch ? scaler->epoch + 1 : epoch;
    scaler->ordered = 0;
}

/* Changes the lead time in use only if the learned one differs clearly, because all forecast errors are recomputed
 * then. */
static void learn_lead(struct scaler *scaler, const struct scaler_settings *s)
{
    if (scaler->orders.lead_count < LEAD_TIMES_MIN) {
        scaler->lead_ms = s->lead_time_ms;
        return;
    }
    int64_t learned_ms = orders_lead_ms(&scaler->orders, s->lead_time_ms, s->tick_ms);
    int64_t whole_ms = (learned_ms + s->tick_ms - 1) / s->tick_ms * s->tick_ms;
    int64_t slack_ms = scaler->lead_ms / LEAD_SLACK > s->tick_ms ? scaler->lead_ms / LEAD_SLACK : s->tick_ms;
    if (llabs(whole_ms - scaler->lead_ms) > slack_ms)
        scaler->lead_ms = whole_ms < LEAD_MS_MAX ? whole_ms : LEAD_MS_MAX;
}

static int64_t overdue_ms(const struct decision *d)
{
    return d->now_ms - d->lead_ms - d->settings.tick_ms;
}

/* Nodes that exist by the actuator's count are on their way, however long they take. */
static unsigned overdue(const struct scaler *scaler, const struct decision *d)
{
    const struct group_observation *o = &d->observed;
    unsigned nodes = orders_overdue(&scaler->orders, overdue_ms(d));
    unsigned seen = o->live + policy_silent(o);
    unsigned starting = o->counted && o->count > seen ? o->count - seen : 0;

    return nodes > starting ? nodes - starting : 0;
}

/* An order asks for at least a number of nodes. It is fulfilled when that many report, also if missing ones have
 * returned, which did not join. */
static unsigned lacking(const struct scaler *scaler, const struct decision *d)
{
    return scaler->desired > d->observed.live ? scaler->desired - d->observed.live : 0;
}

/* An order that is not fulfilled within twice the longest lead time expires. Expiry comes first, so that the time
 * while the collector was down is not learned as a lead time. A scale-in is dead after a lead time: what it named is
 * there still, and is decided afresh. */
static void follow_orders(struct scaler *scaler, struct decision *d)
{
    int64_t longest_ms = orders_longest_lead_ms(&scaler->orders);
    int64_t most_ms = LEAD_FACTOR * d->settings.lead_time_ms;
    int64_t lead_ms = longest_ms < most_ms ? longest_ms : most_ms;
    int64_t patience_ms = 2 * (lead_ms > d->settings.lead_time_ms ? lead_ms : d->settings.lead_time_ms);

    d->expired = orders_expire(&scaler->orders, d->now_ms, patience_ms > ORDER_MS_MIN ? patience_ms : ORDER_MS_MIN,
                               scaler->lead_ms + d->settings.tick_ms);
    unsigned unordered = orders_fulfil(&scaler->orders, d->now_ms, d->observed.joined, d->observed.left);
    if (scaler->decided)
        unordered_note(&scaler->unordered, d->now_ms, d->settings.stabilization_ms, unordered);
    orders_limit(&scaler->orders, lacking(scaler, d));
    d->gives_up = unmet_step(&scaler->unmet, d->observed.joined, lacking(scaler, d));
    d->unmet = scaler->unmet;
    learn_lead(scaler, &d->settings);
    d->lead_ms = scaler->lead_ms;
    d->slow_lead_ms = orders_slow_lead_ms(&scaler->orders, d->settings.lead_time_ms);
    d->lead_seen = scaler->orders.lead_count >= LEAD_TIMES_MIN ? scaler->orders.lead_count : 0;
    d->pending = orders_nodes(&scaler->orders.arriving);
    d->overdue = overdue(scaler, d);
    d->removing = orders_nodes(&scaler->orders.leaving);
}

static void remember_intention(struct scaler *scaler, const struct decision *decision)
{
    if (scaler->intention_count == INTENTIONS_MAX)
        memmove(scaler->intentions, scaler->intentions + 1, --scaler->intention_count * sizeof *scaler->intentions);
    scaler->intentions[scaler->intention_count++] =
        (struct intention){.time_ms = decision->now_ms, .before = decision->before};
    scaler->desired = decision->desired;
}

static void note_unmet(struct scaler *scaler, const struct decision *decision)
{
    const struct unmet_order order = {
        .time_ms = decision->now_ms, .epoch = decision->order_epoch, .number = decision->order_number};
    int64_t repeat_ms = decision->lead_ms + decision->settings.tick_ms;

    unmet_note(&scaler->unmet, &order, repeat_ms, orders_nodes(&scaler->orders.arriving));
}

void scaler_ordered(struct scaler *scaler, const struct decision *decision)
{
    remember_intention(scaler, decision);
    undone_note(&scaler->undone, decision);
    scaler->ordered = decision->order_number;
    if (decision->action == ACTION_UP) {
        orders_add(&scaler->orders, decision->now_ms, decision->adding, overdue_ms(decision));
        note_unmet(scaler, decision);
        scaler->stated_ms = decision->now_ms;
        return;
    }
    orders_remove(&scaler->orders, decision->now_ms, decision->victims);
    scaler->scale_in_ms[scaler->scale_in_next] = decision->now_ms;
    scaler->scale_in_next = (scaler->scale_in_next + 1) % SCALE_INS_MAX;
}

void scaler_published(struct scaler *scaler, unsigned nodes)
{
    if (nodes > scaler->desired)
        scaler->desired = nodes;
}

void scaler_withdrawn(struct scaler *scaler, int64_t since_ms)
{
    orders_withdraw(&scaler->orders, since_ms);
    undone_withdraw(&scaler->undone, since_ms);
    unmet_withdraw(&scaler->unmet, since_ms);
    for (unsigned i = 0; i < SCALE_INS_MAX; i++)
        if (scaler->scale_in_ms[i] >= since_ms)
            scaler->scale_in_ms[i] = 0;
    if (scaler->stated_ms >= since_ms)
        scaler->stated_ms = 0;
    while (scaler->intention_count > 0 && scaler->intentions[scaler->intention_count - 1].time_ms >= since_ms)
        scaler->desired = scaler->intentions[--scaler->intention_count].before;
}

static struct scale_in_past past_scale_ins(const struct scaler *scaler, const struct decision *d)
{
    struct scale_in_past past = {.undone = scaler->undone.nodes, .wait_ms = undone_wait_ms(&scaler->undone, d)};

    for (unsigned i = 0; i < SCALE_INS_MAX; i++) {
        int64_t time_ms = scaler->scale_in_ms[i];
        past.hour += time_ms != 0 && time_ms > d->now_ms - HOUR_MS;
        if (time_ms != 0 && (past.newest == 0 || time_ms > past.newest))
            past.newest = time_ms;
    }
    return past;
}

/* ---- forecasts ---- */

static struct forecast predict(struct predictor *predictor, const struct decision *d, enum resource resource)
{
    const struct scaler_settings *s = &d->settings;
    const struct predictor_input in = {
        .now_ms = d->now_ms,
        .demand = d->total[resource],
        .saturated = d->saturated[resource],
        .weight = policy_weight(d, resource),
        .high = s->thresholds[resource].high,
        .target = s->thresholds[resource].target,
        .price = s->price,
        .tick_ms = s->tick_ms,
        .lead_ms = d->lead_ms,
        .stabilization_ms = s->stabilization_ms,
        .nodes_min = uint_max(s->nodes_min, 1),
        .nodes_max = scaler_settings_max(s),
    };

    return *predictor_tick(predictor, &in);
}

/* A resource whose forecast does not vote: a line through the last 120 s, for the record only. */
static struct forecast follow_line(struct scaler *scaler, const struct decision *d, enum resource resource)
{
    struct history *demand = &scaler->demand[resource];
    struct trend *trend = &scaler->trend[resource];
    struct regression fit;

    history_push(demand, d->now_ms, d->total[resource]);
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

/* A signal that is gone for good, or that the group does not have, is no lower bound of anything. */
static bool keeps_demand(const struct decision *d, enum resource resource)
{
    return resource < RESOURCE_SIGNAL_0 || signal_vetoes(&d->observed.signal[resource - RESOURCE_SIGNAL_0]);
}

/* A resource that is no longer reported keeps its last demand for a day. That of a signal is the demand of the whole
 * group, whichever nodes report. */
static void continue_demand(const struct scaler *scaler, struct decision *d)
{
    unsigned resources = decision_resources(d);

    for (enum resource r = 0; r < resources; r++) {
        const struct history *past = past_demand(scaler, d, r);
        if (past->count == 0)
            continue;
        const struct history_point *last = history_at(past, 0);
        if (d->observed.resource[r].nodes > 0 && r < RESOURCE_SIGNAL_0)
            policy_continue(d, r, last->value);
        else if (d->observed.resource[r].nodes == 0 && keeps_demand(d, r) && d->now_ms - last->time_ms <= DAY_MS)
            d->total[r] = last->value;
    }
}

/* A resource that is not reported now gets no forecast. */
static void forecast_demand(struct scaler *scaler, struct decision *d)
{
    unsigned resources = decision_resources(d);

    for (enum resource r = 0; r < resources; r++) {
        if (d->observed.resource[r].nodes == 0 || !policy_is_carried(d, r))
            continue;
        if (d->settings.forecast[r])
            d->forecast[r] = predict(&scaler->predictor[r], d, r);
        else
            d->forecast[r] = follow_line(scaler, d, r);
    }
}

/* ---- the step ---- */

/* What is recommended in a roll call is of a part of the group. While nodes of the saved state have not reported, the
 * last recommendation before the restart stands, unless more is wanted. After a start without a state, or when many
 * nodes return at once, nothing is known of the past: a whole window is needed. */
static void recommend(struct history *recommendations, const struct decision *d)
{
    unsigned nodes = uint_min(d->raw, scaler_settings_max(&d->settings));
    bool awaits_known = d->observed.unreported > 0 && !d->observed.roll_call_blind;

    if (awaits_known && recommendations->count > 0)
        nodes = uint_max(nodes, (unsigned)history_at(recommendations, 0)->value);
    history_push(recommendations, d->now_ms, nodes);
    history_forget(recommendations, d->now_ms - d->settings.stabilization_ms);
    if (d->observed.roll_call && !awaits_known)
        history_interrupt(recommendations);
}

/* Records the recommendation, and returns the highest within the stabilization window, with the nodes that came in it
 * without an order. */
static struct stabilization stabilize(struct scaler *scaler, struct decision *d)
{
    struct history *recommendations = &scaler->recommendations;
    bool forecast = d->rule == RULE_FORECAST && d->forecast[d->resource].window_ms > 0;

    d->window_ms = forecast ? d->forecast[d->resource].window_ms : d->settings.stabilization_ms;
    recommend(recommendations, d);
    unsigned ticks = history_window(recommendations, d->now_ms, d->window_ms);
    struct stabilization window = {.whole = history_covers(recommendations, d->now_ms, d->window_ms) &&
                                            !d->observed.roll_call};
    for (unsigned age = 0; age < ticks; age++) {
        unsigned recommended = (unsigned)history_at(recommendations, age)->value;
        if (recommended > window.highest)
            window.highest = recommended;
    }
    window.highest += unordered_nodes(&scaler->unordered, d->now_ms, d->settings.stabilization_ms);
    return window;
}

/* Without an order. Nodes that exist already and are wanted are desired. A hook's intention beyond what exists ends
 * when a whole window has not wanted it; what a reader gets does not fall without an order. */
static void settle_desired(struct decision *d, unsigned wanted, struct stabilization window)
{
    unsigned most = uint_min(wanted, scaler_settings_max(&d->settings));
    unsigned least = window.highest > d->existing ? window.highest : d->existing;
    unsigned pin = d->observed.pin;
    bool falls = d->settings.actuator != ACTUATOR_READER;

    if (!decision_acts(d) || d->observed.paused)
        return;
    if (d->rule == RULE_PIN)
        d->desired = pin <= d->existing && (falls || pin > d->before) ? pin : d->before;
    else if (most > d->before && most <= d->existing)
        d->desired = most;
    else if (falls && d->rule != RULE_NONE && window.whole && !d->strained && d->pending == 0 && least < d->before)
        d->desired = uint_max(least, decision_minimum(d));
}

/* Whether the desired count is no assumption any more. A reader makes its group as small as its number: without a
 * count, nodes that start must have had a lead time to report, unless those that report need help. */
static bool is_known(const struct scaler *scaler, const struct decision *d)
{
    const struct history *seen = &scaler->recommendations;
    int64_t enough_ms = d->lead_ms < d->settings.stabilization_ms ? d->lead_ms : d->settings.stabilization_ms;
    bool is_reader = d->settings.actuator == ACTUATOR_READER;

    if (d->observed.roll_call)
        return false;
    return !is_reader || d->observed.counted || d->strained ||
           d->now_ms - history_at(seen, seen->count - 1)->time_ms >= enough_ms;
}

static void decide(struct scaler *scaler, struct decision *d)
{
    unsigned votes[RESOURCE_COUNT] = {0}; /* of saturated resources, and of signals of kind limit */

    continue_demand(scaler, d);
    if (!d->observed.roll_call || !d->observed.roll_call_blind)
        forecast_demand(scaler, d);
    overload_step(&scaler->overload, d);
    helping_step(&scaler->helping, d, votes);
    group_signals_vote(&scaler->signals, d, votes);
    policy_vote(d, votes);
    policy_combine(d);
    struct stabilization window = stabilize(scaler, d);
    if (!scale_out_decide(d, scaler->stated_ms)) {
        unsigned wanted = d->desired;
        scale_in_decide(d, window, past_scale_ins(scaler, d));
        if (d->action == ACTION_HOLD)
            settle_desired(d, wanted, window);
    }
    scaler->decided = scaler->decided || is_known(scaler, d);
}

/* Without data. */
static void hold(const struct scaler *scaler, struct decision *d)
{
    d->raw = d->before;
    d->desired = d->before;
    (void)scale_out_restore(d, scaler->stated_ms);
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

/* The nodes that are assumed to be wanted while nothing is known of the past: all that exist but those that leave,
 * since in a deployment others have come for them. Nodes on order do not exist yet, and once there was an order, what
 * it brings may stand in for those that do not report: otherwise each order would be for more than the one before.
 * Nodes that do not report are not ordered above the maximum; a reader makes its group as small as its number, so for
 * it they are a scale-in like another. */
static unsigned assumed(const struct scaler *scaler, const struct decision *d)
{
    const struct group_observation *o = &d->observed;
    unsigned silent = scaler->ordered > 0 ? 0 : policy_silent(o) - o->leaving;
    unsigned sure = o->live;

    if (o->counted && o->count > sure + o->leaving)
        sure = o->count - o->leaving;
    unsigned nodes = uint_max(sure, o->live + silent);
    if (d->settings.actuator == ACTUATOR_READER)
        return nodes;
    return uint_max(sure, uint_min(nodes, scaler_settings_max(&d->settings)));
}

/* What is desired before the decision. */
static unsigned intention(const struct scaler *scaler, const struct decision *d)
{
    if (!decision_acts(d) && d->observed.live > 0)
        return d->existing;
    return scaler->decided ? scaler->desired : uint_max(scaler->desired, assumed(scaler, d));
}

static unsigned without(unsigned nodes, unsigned moved)
{
    return nodes > moved ? nodes - moved : 0;
}

/* Nodes that were moved to another group are no longer desired, nor after an order is withdrawn. What a reader gets
 * does not fall. */
static void follow_regrouped(struct scaler *scaler, struct decision *d)
{
    unsigned moved = d->observed.moved;

    regrouped_step(&scaler->regrouped, d);
    if (moved == 0 || d->settings.actuator == ACTUATOR_READER)
        return;
    scaler->desired = without(scaler->desired, moved);
    for (unsigned i = 0; i < scaler->intention_count; i++)
        scaler->intentions[i].before = without(scaler->intentions[i].before, moved);
}

static void number_order(const struct scaler *scaler, struct decision *d)
{
    d->order_epoch = d->action == ACTION_HOLD ? 0 : scaler->epoch;
    d->order_number = d->action == ACTION_HOLD ? 0 : scaler->ordered + 1;
}

/* Whether a reader must get no number. */
static bool is_blind(const struct scaler *scaler, const struct decision *d)
{
    if (d->settings.actuator == ACTUATOR_READER && !scaler->decided && !d->observed.counted)
        return true;
    return d->observed.roll_call && (d->observed.roll_call_blind || !scaler->decided);
}

struct decision scaler_step(struct scaler *scaler, const struct scaler_settings *settings, int64_t now_ms,
                            const struct group_observation *observed)
{
    struct decision decision = {.now_ms = now_ms, .settings = *settings, .observed = *observed};

    decision.observed.roll_call = observed->roll_call || observed->unreported > 0;
    decision.observed.roll_call_blind = is_blind(scaler, &decision);
    notice_gap(scaler, &decision);
    policy_clean(&decision.observed);
    signal_places_follow(scaler, &decision.observed);
    group_signals_take(&scaler->signals, &decision.observed);
    follow_orders(scaler, &decision);
    group_signals_observe(&scaler->signals, &decision);
    policy_observe(&decision);
    follow_regrouped(scaler, &decision);
    decision.before = intention(scaler, &decision);
    if (policy_withholds(&decision))
        hold(scaler, &decision);
    else
        decide(scaler, &decision);
    number_order(scaler, &decision);
    if (decision.action == ACTION_HOLD || !decision_acts(&decision))
        scaler->desired = decision.desired;
    return decision;
}
