#include "sim/sim_scaling.h"

#include "collector/fleet/observe.h"
#include "sim/sim_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAP_TICKS    3   /* as many may be missing: scaler.h */
#define SHORT_WINDOW 0.4 /* of the stabilization window: settings.h */
#define PAUSE_MS     1000U
#define SAVE_MS_MAX  200U

void scaling_init(struct sim_scaling *scaling, struct world *world, int64_t gone_ms)
{
    struct scaler_settings *settings = &scaling->config.settings;

    *settings = (struct scaler_settings)SCALER_SETTINGS_DEFAULT;
    settings->mode = MODE_OBSERVE; /* there is no hook */
    settings->tick_ms = (int64_t)sim_between(world, 500, 3000);
    settings->lead_time_ms = (int64_t)sim_between(world, 0, 10000);
    settings->stabilization_ms = (int64_t)sim_between(world, 0, 10000);
    scaling->config.gone_ms = gone_ms;
    scaling->file.done_ms = NEVER;
    scaling->under_way.done_ms = NEVER;
}

void scaling_deinit(struct sim_scaling *scaling)
{
    free(scaling->file.text.text);
    free(scaling->under_way.text.text);
    scaling->file.text = scaling->under_way.text = (struct state_text){0};
}

/* ---- saving ---- */

static struct state_moment moment_of(const struct sim_collector *collector)
{
    struct state_moment moment = {.mono_ms = (int64_t)sim_collector_mono(collector),
                                  .wall_ms = sim_collector_wall(collector)};

    snprintf(moment.boot, sizeof moment.boot, "%" PRIu64, collector->boot_ms);
    return moment;
}

static void make_text(struct sim_collector *collector, struct sim_saved *saved)
{
    struct sim_scaling *scaling = &collector->scaling;
    struct state_moment now = moment_of(collector);

    saved->wall_shift_ms = collector->wall_shift_ms;
    memcpy(saved->groups, scaling->groups, sizeof saved->groups);
    state_begin(&saved->text, &now);
    for (unsigned g = 0; g < collector->registry.group_count; g++) {
        struct state_group group = {.scaler = scaling->scalers[g]};
        if (group.scaler == NULL)
            continue;
        snprintf(group.name, sizeof group.name, "%s", collector->registry.groups[g]->name);
        state_add(&saved->text, &group);
    }
    if (state_end(&saved->text) < 0)
        sim_fail(collector->world, "out of memory for the scalers' state");
}

/* The write in progress is done, unless the disk fails. */
static void commit(struct sim_collector *collector)
{
    struct sim_scaling *scaling = &collector->scaling;

    scaling->under_way.done_ms = NEVER;
    if (collector->disk.full || sim_chance(collector->world, collector->disk.error_percent))
        return;
    struct sim_saved old = scaling->file;
    scaling->file = scaling->under_way;
    scaling->under_way = old;
}

static void commit_if_done(struct sim_collector *collector)
{
    if (collector->scaling.under_way.done_ms <= collector->world->now_ms)
        commit(collector);
}

static void save(struct sim_collector *collector)
{
    struct sim_scaling *scaling = &collector->scaling;
    uint64_t now_ms = collector->world->now_ms;

    commit_if_done(collector);
    if (scaling->under_way.done_ms != NEVER || scaling->next_save_ms > now_ms)
        return;
    make_text(collector, &scaling->under_way);
    scaling->under_way.done_ms = now_ms + sim_below(collector->world, SAVE_MS_MAX);
    scaling->next_save_ms = now_ms + PAUSE_MS;
}

/* ---- start and end ---- */

static void restore_group(struct sim_collector *collector, const struct state_group *saved)
{
    struct sim_scaling *scaling = &collector->scaling;
    const struct group *group = registry_find_group(&collector->registry, saved->name);

    if (group == NULL) {
        scaler_free(saved->scaler);
        return;
    }
    scaling->scalers[group->index] = saved->scaler;
    for (unsigned i = 0; i < SIM_GROUPS_MAX; i++)
        if (strcmp(scaling->file.groups[i].name, saved->name) == 0)
            scaling->groups[group->index] = scaling->file.groups[i];
    collector->world->totals.restored++;
}

static void restore(struct sim_collector *collector)
{
    struct sim_saved *file = &collector->scaling.file;
    struct state_moment now = moment_of(collector);
    struct state_reader reader;
    struct state_group group;

    int rc = state_open(&reader, file->text.text, file->text.len, &now);
    if (rc < 0)
        sim_fail(collector->world, "collector %u refuses its own state", collector->index);
    bool clock_changed = strcmp(reader.taken.boot, now.boot) != 0 && file->wall_shift_ms != collector->wall_shift_ms;
    while ((rc = state_next(&reader, &group)) == 1)
        restore_group(collector, &group);
    if (rc < 0)
        sim_fail(collector->world, "collector %u refuses its own state", collector->index);
    for (unsigned g = 0; clock_changed && g < SIM_GROUPS_MAX; g++) {
        collector->scaling.groups[g].unbroken_ms = 0;
        collector->scaling.groups[g].decided = false; /* the count may rise, but not fall */
    }
}

void scaling_begin(struct sim_collector *collector)
{
    struct sim_scaling *scaling = &collector->scaling;

    scaling->tick_ms = collector->world->now_ms + (uint64_t)scaling->config.settings.tick_ms;
    scaling->next_save_ms = 0;
    memset(scaling->groups, 0, sizeof scaling->groups);
    if (scaling->file.text.len > 0)
        restore(collector);
}

void scaling_stop(struct sim_collector *collector)
{
    struct sim_scaling *scaling = &collector->scaling;

    scaling->tick_ms = NEVER;
    if (scaling->under_way.done_ms != NEVER)
        commit(collector);
    make_text(collector, &scaling->under_way);
    scaling->under_way.done_ms = collector->world->now_ms + sim_below(collector->world, SAVE_MS_MAX);
}

void scaling_stopped(struct sim_collector *collector)
{
    if (collector->scaling.under_way.done_ms != NEVER)
        commit(collector);
}

void scaling_end(struct sim_collector *collector)
{
    struct sim_scaling *scaling = &collector->scaling;

    commit_if_done(collector);
    if (scaling->under_way.done_ms != NEVER && sim_chance(collector->world, 50))
        commit(collector);
    scaling->under_way.done_ms = NEVER;
    for (unsigned g = 0; g < SIM_GROUPS_MAX; g++) {
        scaler_free(scaling->scalers[g]);
        scaling->scalers[g] = NULL;
    }
}

/* ---- deciding ---- */

/* Whether that many nodes can carry the load of the live ones, and of the silent ones at full load. */
static bool carries(const struct decision *d, enum resource r)
{
    const struct resource_observation *o = &d->observed.resource[r];

    if (o->nodes == 0)
        return true;
    double weight = o->capacity / o->nodes;
    double demand = o->demand * d->observed.live / o->nodes + d->observed.missing * weight;
    return d->desired * weight * d->settings.thresholds[r].high >= demand * (1.0 - 1e-9);
}

/* Without data the count stands or rises. A scale-in counts all that may exist, and is not decided in a roll call. */
static void check_count(const struct sim_collector *collector, const struct sim_group *group, const struct decision *d)
{
    const struct group_observation *o = &d->observed;

    if (o->live == 0 && group->decided && d->desired < group->desired)
        sim_fail(collector->world, "collector %u sees nothing of group %s and wants %u nodes instead of %u",
                 collector->index, group->name, d->desired, group->desired);
    if (d->action != ACTION_DOWN)
        return;
    if (o->live == 0 || o->unreported > 0 || d->existing < o->live + o->missing)
        sim_fail(collector->world,
                 "collector %u wants %u nodes of group %s instead of %u, but %u are live, %u missing, "
                 "%u not heard of",
                 collector->index, d->desired, group->name, d->existing, o->live, o->missing, o->unreported);
    for (enum resource r = 0; r < RESOURCE_NODE_COUNT; r++)
        if (o->missing > 0 && !carries(d, r))
            sim_fail(collector->world,
                     "collector %u wants %u nodes of group %s instead of %u; with %u live and %u "
                     "missing, these can't carry the %s",
                     collector->index, d->desired, group->name, d->existing, o->live, o->missing, resource_names[r]);
}

/* A scale-in needs a stabilization window without a gap, restarts or not. */
static void check_window(const struct sim_collector *collector, struct sim_group *group, const struct decision *d)
{
    uint64_t now_ms = collector->world->now_ms;

    if (now_ms - group->ticked_ms > (uint64_t)(GAP_TICKS * d->settings.tick_ms))
        group->unbroken_ms = now_ms;
    group->ticked_ms = now_ms;
    if (d->action != ACTION_DOWN)
        return;
    if (now_ms - group->unbroken_ms < (uint64_t)d->window_ms ||
        (double)d->window_ms < SHORT_WINDOW * (double)d->settings.stabilization_ms - 1.0)
        sim_fail(collector->world,
                 "collector %u wants %u nodes of group %s instead of %u, %" PRIu64 " ms after a gap, with a window of "
                 "%" PRId64 " ms of %" PRId64 " ms",
                 collector->index, d->desired, group->name, d->existing, now_ms - group->unbroken_ms, d->window_ms,
                 d->settings.stabilization_ms);
}

static void log_decision(const struct sim_collector *collector, const char *group, const struct decision *decision)
{
    char why[512];

    if (!collector->world->verbose)
        return;
    decision_sentence(decision, group, why, sizeof why);
    sim_log(collector->world, "collector %u: %s", collector->index, why);
}

static void decide(struct sim_collector *collector, unsigned g, const struct group_observation *observed)
{
    struct sim_scaling *scaling = &collector->scaling;
    struct sim_group *group = &scaling->groups[g];
    const char *name = collector->registry.groups[g]->name;

    if (scaling->scalers[g] == NULL) {
        if (observed->live + observed->missing + observed->unreported == 0)
            return;
        scaling->scalers[g] = scaler_new();
        *group = (struct sim_group){.ticked_ms = 0};
        snprintf(group->name, sizeof group->name, "%s", name);
    }
    struct decision decision =
        scaler_step(scaling->scalers[g], &scaling->config.settings, (int64_t)sim_collector_mono(collector), observed);
    log_decision(collector, name, &decision);
    check_count(collector, group, &decision);
    check_window(collector, group, &decision);
    group->decided = group->decided || (observed->live > 0 && !decision.observed.roll_call);
    group->desired = decision.desired;
}

/* Any pace, at any time: what is lost or stored twice does not depend on it. */
static void change_paces(struct sim_collector *collector)
{
    for (unsigned g = 0; g < collector->registry.group_count; g++)
        if (sim_chance(collector->world, 30))
            collector->registry.groups[g]->report.ms =
                (uint32_t)sim_below(collector->world, collector->ack_interval_ms + 1);
}

void scaling_tick(struct sim_collector *collector)
{
    struct sim_scaling *scaling = &collector->scaling;
    struct group_observation observed[SIM_GROUPS_MAX];

    scaling->tick_ms = collector->world->now_ms + (uint64_t)scaling->config.settings.tick_ms;
    observe_groups(&collector->registry, &scaling->config, (int64_t)sim_collector_mono(collector), observed);
    for (unsigned g = 0; g < collector->registry.group_count; g++)
        decide(collector, g, &observed[g]);
    change_paces(collector);
    save(collector);
}
