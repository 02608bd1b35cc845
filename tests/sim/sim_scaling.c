#include "sim/sim_scaling.h"

#include "collector/observe.h"
#include "sim/sim_world.h"

#include <inttypes.h>

void scaling_init(struct sim_scaling *scaling, struct world *world)
{
    scaling->settings = (struct scaler_settings)SCALER_SETTINGS_DEFAULT;
    scaling->settings.tick_ms = (int64_t)sim_between(world, 500, 3000);
    scaling->settings.lead_time_ms = (int64_t)sim_between(world, 0, 10000);
    scaling->settings.stabilization_ms = (int64_t)sim_between(world, 0, 10000);
}

void scaling_begin(struct sim_collector *collector)
{
    collector->scaling.tick_ms = collector->world->now_ms + (uint64_t)collector->scaling.settings.tick_ms;
}

void scaling_end(struct sim_collector *collector)
{
    for (unsigned g = 0; g < SIM_GROUPS_MAX; g++) {
        scaler_free(collector->scaling.groups[g].scaler);
        collector->scaling.groups[g].scaler = NULL;
    }
}

/* So many nodes can carry what the live ones carry, and the silent ones at full load. */
static bool carries(const struct decision *d, enum resource r)
{
    const struct resource_observation *o = &d->observed.resource[r];

    if (o->nodes == 0)
        return true;
    double weight = o->capacity / o->nodes;
    double demand = o->demand * d->observed.live / o->nodes + d->observed.stale * weight;
    return d->desired * weight * d->settings.thresholds[r].high >= demand * (1.0 - 1e-9);
}

static void check_decision(const struct sim_collector *collector, const char *group, const struct decision *d,
                           unsigned before)
{
    const struct group_observation *o = &d->observed;
    bool blind = o->live == 0 || o->live < o->stale || o->unreported > 0;

    if (d->desired >= before)
        return;
    if (blind)
        sim_fail(collector->world,
                 "collector %u wants %u nodes of group %s instead of %u, but %u are live, %u silent, "
                 "%u not heard of",
                 collector->index, d->desired, group, before, o->live, o->stale, o->unreported);
    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        if (d->desired < d->current && o->stale > 0 && !carries(d, r))
            sim_fail(collector->world,
                     "collector %u wants %u nodes of group %s instead of %u; with %u live and %u "
                     "silent, these can't carry the %s",
                     collector->index, d->desired, group, before, o->live, o->stale, resource_names[r]);
}

static void decide(struct sim_collector *collector, unsigned g, const struct group_observation *observed)
{
    struct sim_scaling *scaling = &collector->scaling;
    const char *group = collector->registry.groups[g]->name;
    bool first = scaling->groups[g].scaler == NULL;
    char why[512];

    if (first) {
        if (observed->live + observed->stale + observed->unreported == 0)
            return;
        scaling->groups[g].scaler = scaler_new();
        scaling->groups[g].desired = 0;
    }
    struct decision decision =
        scaler_step(scaling->groups[g].scaler, &scaling->settings, (int64_t)sim_collector_mono(collector), observed);
    if (collector->world->verbose) {
        decision_sentence(&decision, group, why, sizeof why);
        sim_log(collector->world, "collector %u: %s", collector->index, why);
    }
    check_decision(collector, group, &decision, scaling->groups[g].desired);
    scaling->groups[g].desired = decision.desired;
}

void scaling_tick(struct sim_collector *collector)
{
    struct sim_scaling *scaling = &collector->scaling;
    struct group_observation observed[SIM_GROUPS_MAX];

    scaling->tick_ms = collector->world->now_ms + (uint64_t)scaling->settings.tick_ms;
    observe_groups(&collector->registry, (int64_t)sim_collector_mono(collector), scaling->settings.tick_ms,
                   collector->gone_ms, observed);
    for (unsigned g = 0; g < collector->registry.group_count; g++)
        decide(collector, g, &observed[g]);
}
