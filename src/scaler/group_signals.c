#include "scaler/group_signals.h"

#include "common/uint.h"
#include "scaler/policy.h"
#include "scaler/sizing.h"

#include <math.h>

#define LARGEST   1e21 /* demand of a group, as in policy.c */
#define LIMIT_LOW 0.8  /* of a limit: no scale-in while the value is above it */
#define LIMIT_OUT 0.1  /* of the nodes, that a value above the limit asks for in addition */

static enum resource resource_of(unsigned place)
{
    return RESOURCE_SIGNAL_0 + place;
}

/* ---- the observation ---- */

void group_signals_init(struct group_signals *signals)
{
    history_init(&signals->lives, signals->lives_points, GROUP_SIGNALS_LIVES);
}

static bool is_within(double value, double min, double max)
{
    return value >= min && value <= max; /* not of NaN */
}

static bool is_sound(const struct signal_observation *s)
{
    double unit = s->kind == SIGNAL_LOAD ? s->per_node : s->limit;

    if (!is_within(s->value, 0.0, LARGEST))
        return false;
    if (s->kind != SIGNAL_SHARE && !is_within(unit, SIGNAL_PER_NODE_MIN, SIGNAL_PER_NODE_MAX))
        return false;
    return s->kind == SIGNAL_LIMIT || (s->target > 0.0 && s->target <= s->high && s->high <= LARGEST);
}

/* A present signal whose numbers make no sense is missing. */
static void clean(struct group_observation *observed)
{
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++) {
        struct signal_observation *s = &observed->signal[i];
        if (!signal_is_used(s)) {
            observed->resource[resource_of(i)] = (struct resource_observation){0};
            continue;
        }
        if (signal_is_present(s) && !is_sound(s))
            s->state = SIGNAL_MISSING;
        s->nodes = uint_min(s->nodes, NODES_MAX);
        s->floor = uint_min(s->floor, NODES_MAX);
        s->gone_nodes = uint_min(s->gone_nodes, NODES_MAX);
    }
}

/* ---- groups without agents ---- */

static bool is_any_missing(const struct group_observation *observed)
{
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++)
        if (signal_is_used(&observed->signal[i]) && !signal_is_present(&observed->signal[i]))
            return true;
    return false;
}

/* The nodes that exist by a signal. False: none speaks of them, nor has one that is missing. */
static bool find_nodes(const struct group_signals *signals, const struct group_observation *observed, unsigned *nodes)
{
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++)
        if (signal_is_present(&observed->signal[i]) && observed->signal[i].has_nodes) {
            *nodes = observed->signal[i].nodes;
            return true;
        }
    *nodes = signals->nodes;
    return signals->has_nodes && is_any_missing(observed);
}

void group_signals_take(struct group_signals *signals, struct group_observation *observed)
{
    unsigned nodes;
    bool has_agents = observed->live + policy_silent(observed) > 0;

    clean(observed);
    if (has_agents || !find_nodes(signals, observed, &nodes)) {
        signals->has_nodes = false;
        return;
    }
    if (signals->has_nodes) {
        observed->joined += nodes > signals->nodes ? nodes - signals->nodes : 0;
        observed->left += nodes < signals->nodes ? signals->nodes - nodes : 0;
    }
    observed->live = nodes;
    signals->has_nodes = true;
    signals->nodes = nodes;
}

/* ---- the resources ---- */

static bool has_share(const struct group_observation *observed)
{
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++)
        if (signal_is_used(&observed->signal[i]) && observed->signal[i].kind == SIGNAL_SHARE)
            return true;
    return false;
}

/* A mean utilisation is one of the nodes that were live when it was taken. Those that have come since would seem to
 * bring load with them, and each order the next one. */
static double lived(const struct group_signals *signals, int64_t time_ms)
{
    const struct history *lives = &signals->lives;
    unsigned age = 0;

    while (age + 1 < lives->count && history_at(lives, age)->time_ms > time_ms)
        age++;
    return history_at(lives, age)->value;
}

static double demand_of(const struct group_signals *signals, const struct decision *d,
                        const struct signal_observation *s)
{
    switch (s->kind) {
    case SIGNAL_SHARE:
        return s->value * lived(signals, d->now_ms - s->age_ms);
    case SIGNAL_LIMIT:
        return s->value / s->limit;
    case SIGNAL_LOAD:
    case SIGNAL_KIND_COUNT:
        break;
    }
    return s->value;
}

/* The capacity of a limit is the limit: its utilisation says how much of it is used up, whatever nodes there are. */
static void observe(const struct group_signals *signals, struct decision *d, unsigned place)
{
    const struct signal_observation *s = &d->observed.signal[place];
    struct resource_observation *o = &d->observed.resource[resource_of(place)];
    struct thresholds *t = &d->settings.thresholds[resource_of(place)];
    bool is_limit = s->kind == SIGNAL_LIMIT;

    *o = (struct resource_observation){0};
    *t = is_limit ? (struct thresholds){.high = 1.0, .low = LIMIT_LOW, .target = 1.0}
                  : (struct thresholds){.high = s->high, .target = s->target};
    d->settings.forecast[resource_of(place)] = s->forecast && !is_limit;
    if (!signal_is_present(s) || (s->kind == SIGNAL_SHARE && d->observed.live == 0))
        return;
    o->nodes = uint_max(d->observed.live, 1);
    o->demand = demand_of(signals, d, s);
    o->capacity = is_limit ? 1.0 : o->nodes * (s->kind == SIGNAL_LOAD ? s->per_node : 1.0);
}

void group_signals_observe(struct group_signals *signals, struct decision *d)
{
    if (has_share(&d->observed))
        history_push(&signals->lives, d->now_ms, d->observed.live);
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++)
        if (signal_is_used(&d->observed.signal[i]))
            observe(signals, d, i);
}

/* ---- votes ---- */

/* Within a lead time and a tick of a step, its vote stands: what it has ordered can't have helped before. */
static unsigned limit_vote(struct group_signals_step *step, const struct decision *d, enum resource resource)
{
    unsigned base = policy_base(d);

    if (!(d->utilisation[resource] > d->settings.thresholds[resource].high))
        return 0;
    if (step->time_ms == 0 || d->now_ms - step->time_ms >= d->lead_ms + d->settings.tick_ms)
        *step = (struct group_signals_step){.time_ms = d->now_ms,
                                            .vote = base + uint_max(1, sizing_whole(LIMIT_OUT * base))};
    return step->vote;
}

/* Nodes that a signal asks for by number. */
static unsigned number_of(const struct signal_observation *s)
{
    if (signal_is_present(s))
        return s->floor;
    return signal_is_used(s) && s->state == SIGNAL_GONE && s->when_gone == SIGNAL_NODES ? s->gone_nodes : 0;
}

/* Whether all load signals are known and zero, and none of the signals asks for a node. */
static bool are_idle(const struct group_observation *observed)
{
    bool any = false;

    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++) {
        const struct signal_observation *s = &observed->signal[i];
        if (signal_vetoes(s) || number_of(s) > 0 || (signal_is_load(s) && s->value > 0.0))
            return false;
        any = any || signal_is_load(s);
    }
    return any;
}

/* The signal that asks for d->vote_signal nodes; if none does, a load signal. */
static enum resource voter(const struct decision *d)
{
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++) {
        const struct signal_observation *s = &d->observed.signal[i];
        if (d->vote_signal > 0 ? number_of(s) == d->vote_signal : signal_is_load(s))
            return resource_of(i);
    }
    return RESOURCE_SIGNAL_0;
}

void group_signals_vote(struct group_signals *signals, struct decision *d, unsigned votes[RESOURCE_COUNT])
{
    d->vote_signal = 0;
    d->is_idle = d->settings.nodes_min == 0 && are_idle(&d->observed);
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++) {
        const struct signal_observation *s = &d->observed.signal[i];
        d->vote_signal = uint_max(d->vote_signal, number_of(s));
        if (signal_is_present(s) && s->kind == SIGNAL_LIMIT)
            votes[resource_of(i)] = limit_vote(&signals->step[i], d, resource_of(i));
    }
    d->signal = voter(d);
}
