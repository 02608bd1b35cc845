#include "collector/fleet/observe_conclude.h"

#include "common/uint.h"

static double mean_weight(const struct resource_observation *o)
{
    return o->nodes > 0 ? o->capacity / o->nodes : 0.0;
}

/* Nodes that warm up are left out, unless all nodes of the group do. */
static void conclude_sums(const struct observe_sums *sums, struct group_observation *observed)
{
    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++) {
        const struct observe_sum *seen = sums->settled.resource[r].nodes > 0 ? &sums->settled : &sums->warming;
        const struct observe_sum *pressed = sums->settled.pressured[r] > 0 ? &sums->settled : &sums->warming;
        unsigned pressured = pressed->pressured[r];
        observed->resource[r] = seen->resource[r];
        observed->resource[r].pressure = pressured > 0 ? pressed->resource[r].pressure / pressured : 0.0;
        observed->resource[r].unread = sums->settled.resource[r].unread;
        observed->resource[r].silent_weight =
            sums->silent_weight[r] + sums->weightless[r] * mean_weight(&seen->resource[r]);
        observed->resource[r].newest_weight = sums->newest[r] > 0 ? sums->newest_weight[r] / sums->newest[r] : 0.0;
    }
}

/* The sizes of this tick are judged at the next one. Where nothing was known before, and the sizes differ by too much,
 * it is not known which ones are true: the resource counts as not reported. */
static void conclude_sizes(const struct observe_pass *pass, unsigned i)
{
    const struct observe_sums *sums = &pass->sums[i];
    struct group_sizes *sizes = &pass->registry->groups[i]->sizes;
    struct group_observation *observed = &pass->observed[i];

    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++) {
        if (!sizes->any && sizes->median[r] <= 0.0 && !group_sizes_alike(&sums->sizes[r]))
            observed->resource[r] = (struct resource_observation){.unread = observed->live};
        sizes->median[r] = group_sizes_median(&sums->sizes[r], &pass->tables[i][r]);
    }
}

static bool is_above_high(const struct group_observation *observed, const double *high)
{
    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++) {
        const struct resource_observation *o = &observed->resource[r];
        if (o->nodes > 0 && o->demand > high[r] * o->capacity)
            return true;
    }
    return observed->live == 0;
}

static unsigned existing(const struct group_observation *o)
{
    return o->live + o->returning + o->missing + o->leaving + o->unreported;
}

static unsigned without(unsigned a, unsigned b)
{
    return a > b ? a - b : 0;
}

/* Nodes whose agents moved are not forgotten anyway, and those that leave by an order are no loss. Neither are those
 * that newcomers replace, as in a deployment; a newcomer replaces one node, the earliest first. */
static struct mass_loss_tick loss_tick(const struct observe_pass *pass, unsigned i)
{
    const struct group_observation *observed = &pass->observed[i];
    const struct observe_sums *sums = &pass->sums[i];
    unsigned held = sums->left - observed->leaving; /* their grace is over, and they count as missing */
    unsigned left = without(sums->left, pass->registry->groups[i]->ordered_away);
    unsigned replaced = uint_min(left, without(sums->newcomers, sums->left_before));

    return (struct mass_loss_tick){.now_ms = pass->now_ms,
                                   .existing = existing(observed) - replaced,
                                   .missing = observed->missing - sums->moved - held,
                                   .left = left - replaced,
                                   .is_above_high = is_above_high(observed, pass->sums[i].high),
                                   .is_suspected = pass->is_suspected};
}

/* Most groups, and more than one. An agent that says goodbye shows that the network works. */
static bool suspects_network(const struct observe_pass *pass)
{
    unsigned groups = 0;
    unsigned losing = 0;

    for (unsigned i = 0; i < pass->group_count; i++) {
        struct mass_loss_tick tick = loss_tick(pass, i);
        tick.missing = pass->sums[i].silent;
        tick.left = 0;
        groups += tick.existing > 0;
        losing += tick.existing > 0 && mass_loss_is(&tick);
    }
    return groups > 1 && 2 * losing > groups;
}

/* Many nodes that had been given up return. */
static bool is_mass_return(const struct observe_pass *pass, unsigned i)
{
    unsigned returned = pass->sums[i].returned;

    return returned > 1 && 3 * returned >= pass->observed[i].live;
}

/* Most agents prefer another collector, which orders for the group: those that report, or all while none does. */
static bool is_elsewhere(const struct observe_sums *sums, const struct group_observation *observed)
{
    if (observed->live > 0)
        return 2 * sums->elsewhere_live > observed->live;
    return 2 * sums->elsewhere > existing(observed);
}

static void conclude_group(struct observe_pass *pass, unsigned i)
{
    struct group *group = pass->registry->groups[i];
    struct group_observation *observed = &pass->observed[i];
    struct observe_sums *sums = &pass->sums[i];
    struct mass_loss_tick tick = loss_tick(pass, i);

    sums->event = mass_loss_tick(&group->loss, &tick);
    observed->lost_at_once = group->loss.under_way ? group->loss.lost : 0;
    if (sums->event == MASS_LOSS_RETURNING || is_mass_return(pass, i))
        roll_call_again(&group->roll_call, pass->now_ms);
    observed->roll_call = roll_call_tick(&group->roll_call, &(struct roll_call_tick){.now_ms = pass->now_ms,
                                                                                     .tick_ms = pass->tick_ms,
                                                                                     .interval_ms = sums->interval_ms,
                                                                                     .known = sums->known,
                                                                                     .awaited = observed->unreported,
                                                                                     .arrived = sums->arrived});
    observed->roll_call_blind = roll_call_is_blind(&group->roll_call);
    observed->orders_elsewhere = is_elsewhere(sums, observed);
}

void observe_conclude(struct observe_pass *pass)
{
    for (unsigned i = 0; i < pass->group_count; i++) {
        conclude_sums(&pass->sums[i], &pass->observed[i]);
        conclude_sizes(pass, i);
    }
    pass->is_suspected = suspects_network(pass);
    for (unsigned i = 0; i < pass->group_count; i++)
        conclude_group(pass, i);
    pass->done = true;
}
