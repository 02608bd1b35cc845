#include "scaler/helping.h"

#include "scaler/policy.h"
#include "scaler/sizing.h"

#include <math.h>

#define GROWTH_MAX   0.5 /* of the nodes that carry, for each addition */
#define EXCESS       0.11 /* mean of the unseen demand, as a share of what is seen: GROWTH_MAX is right from price 10 on */
#define UNHELPED_MAX 2U
#define HOUR_MS      INT64_C(3600000)
#define ADDED_MIN    0.1  /* of the nodes: fewer more are no test */
#define CPU_RISE     0.05 /* a rise of the cpu demand, in parts of it, that explains why the resource has not fallen */
#define CPU_IDLE     0.03 /* of a node's cores: what an idle node uses */

/* ---- saturation ---- */

/* The settled nodes; those without a reading count like the others. */
static struct saturation carriers_now(const struct decision *d, enum resource resource)
{
    const struct resource_observation *o = &d->observed.resource[resource];
    unsigned settled = policy_settled(&d->observed);
    double share = o->nodes > 0 && o->nodes < settled ? (double)settled / o->nodes : 1.0;

    return (struct saturation){.carriers = settled, .demand = share * o->demand, .capacity = share * o->capacity};
}

/* If the unseen demand is distributed exponentially, adding a share g costs g, and leaves a price of
 * price * exp(-g / EXCESS). The cheapest share is where the sum's derivative is nil. */
static double growth(double price)
{
    double share = EXCESS * log(price / EXCESS);

    return 1.0 + fmin(fmax(share, 0.0), GROWTH_MAX);
}

static void grow(struct saturation *s, const struct decision *d, const struct saturation *now)
{
    s->vote = sizing_whole(growth(d->settings.price) * now->carriers);
    s->grown_ms = d->now_ms;
    s->carriers = now->carriers;
    s->demand = now->demand;
    s->capacity = now->capacity;
}

/* Whether the nodes that have come since carry, for their weight, at least half of what all do. */
static bool additions_carry(const struct saturation *s, const struct saturation *now)
{
    double added = now->capacity - s->capacity;

    return now->carriers > s->carriers && now->demand - s->demand >= 0.5 * added * now->demand / now->capacity;
}

static bool additions_are_late(const struct saturation *s, const struct decision *d)
{
    return d->now_ms - s->grown_ms >= d->lead_ms + d->settings.warm_up_ms;
}

static unsigned saturated_vote(struct saturation *s, struct decision *d, enum resource resource)
{
    struct saturation now = carriers_now(d, resource);
    bool carry = additions_carry(s, &now);
    bool awaited = d->pending > d->overdue || d->observed.warming > 0;
    bool late = now.carriers > s->carriers && additions_are_late(s, d);

    if (!d->saturated[resource]) {
        *s = (struct saturation){0};
        return 0;
    }
    if (s->vote == 0 || now.carriers < s->carriers || (carry && (late || !awaited))) {
        s->unhelped = 0;
        grow(s, d, &now);
    } else if (late && s->unhelped < UNHELPED_MAX) {
        s->unhelped++;
        grow(s, d, &now);
    }
    d->unhelped[resource] = s->unhelped >= UNHELPED_MAX;
    return s->vote;
}

/* ---- memory and disk, which more nodes may not relieve ---- */

static double cpu_demand(const struct decision *d)
{
    return d->observed.resource[RESOURCE_CPU].nodes > 0 ? d->total[RESOURCE_CPU] : 0.0;
}

static void begin(struct fullness *f, const struct decision *d, enum resource resource)
{
    *f = (struct fullness){.nodes = policy_settled(&d->observed),
                           .began_ms = d->now_ms,
                           .utilisation = d->utilisation[resource],
                           .cpu = cpu_demand(d)};
}

/* Whether the cpu demand has risen by more than what idle nodes use. */
static bool has_more_load(const struct fullness *f, const struct decision *d, unsigned added)
{
    double rise = cpu_demand(d) - f->cpu;

    return rise > CPU_RISE * f->cpu && rise > CPU_IDLE * added * policy_weight(d, RESOURCE_CPU);
}

static bool has_not_helped(const struct fullness *f, const struct decision *d, enum resource resource)
{
    unsigned nodes = policy_settled(&d->observed);

    if (nodes < (1.0 + ADDED_MIN) * f->nodes || has_more_load(f, d, nodes - f->nodes))
        return false;
    double spread = f->utilisation * (1.0 - (double)f->nodes / nodes);
    return d->utilisation[resource] > f->utilisation - 0.5 * spread;
}

/* A resource that falls below `high` because nodes have come may fill up again: for an hour it is compared with what it
 * was before they came. */
static bool is_ended(struct fullness *f, const struct decision *d, enum resource resource)
{
    bool full = d->utilisation[resource] > d->settings.thresholds[resource].high;

    if ((f->ended_ms != 0 && !full) || d->now_ms - f->began_ms >= HOUR_MS)
        *f = (struct fullness){0};
    if (!full)
        return false;
    if (f->nodes == 0 || policy_settled(&d->observed) < f->nodes)
        begin(f, d, resource);
    if (f->ended_ms == 0 && has_not_helped(f, d, resource)) {
        f->ended_ms = d->now_ms;
        f->began_ms = d->now_ms;
    }
    return f->ended_ms != 0;
}

void helping_step(struct helping *helping, struct decision *d, unsigned votes[RESOURCE_COUNT])
{
    for (enum resource r = 0; r < RESOURCE_NODE_COUNT; r++) {
        votes[r] = saturated_vote(&helping->saturation[r], d, r);
        if ((r == RESOURCE_MEMORY || r == RESOURCE_DISK) && is_ended(&helping->fullness[r], d, r))
            d->unhelped[r] = true;
    }
}
