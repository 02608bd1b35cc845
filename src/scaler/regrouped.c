#include "scaler/regrouped.h"

#include "scaler/policy.h"

#define PAST_MS    INT64_C(120000) /* how far back a forecast looks */
#define PAST_TICKS 4               /* ticks to add to it */

/* Until the forecasts no longer see the demand from before, and those made then have fallen due. */
static bool is_recent(const struct regrouped *regrouped, const struct decision *d)
{
    int64_t memory_ms = d->lead_ms + PAST_TICKS * d->settings.tick_ms + PAST_MS;

    return regrouped->moved_ms != 0 && d->now_ms - regrouped->moved_ms < memory_ms;
}

/* What has its minimum without the nodes that are in another group now needs it without them from then on. */
static void follow_minimum(struct regrouped *regrouped, struct decision *d)
{
    unsigned nodes = d->observed.regrouped;

    if (d->carrying >= d->settings.nodes_min || regrouped->before > nodes)
        regrouped->before = nodes;
    d->observed.regrouped = nodes - regrouped->before;
}

void regrouped_step(struct regrouped *regrouped, struct decision *d)
{
    const struct group_observation *o = &d->observed;

    if (o->moved > 0)
        regrouped->moved_ms = d->now_ms;
    if (o->live + policy_silent(o) > 0)
        regrouped->is_emptied = false;
    else if (o->moved > 0)
        regrouped->is_emptied = true;
    follow_minimum(regrouped, d);
    d->is_emptied = regrouped->is_emptied;
    d->is_regrouping = is_recent(regrouped, d);
}
