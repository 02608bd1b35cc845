#include "collector/autoscale/decision_history.h"

#include "scaler/policy.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int decision_history_init(struct decision_history *history, int64_t wall_ms)
{
    *history = (struct decision_history){.last_id = wall_ms > 0 ? (uint64_t)wall_ms : 0};
    history->groups = calloc(GROUPS_MAX, sizeof *history->groups);
    history->decisions = calloc(DECISION_HISTORY_DECISIONS, sizeof *history->decisions);
    if (history->groups != NULL && history->decisions != NULL)
        return 0;
    decision_history_deinit(history);
    return -ENOMEM;
}

static void free_series(struct decision_history_group *mine)
{
    free(mine->ticks);
    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        free(mine->loads[r]);
}

void decision_history_deinit(struct decision_history *history)
{
    for (unsigned i = 0; history->groups != NULL && i < GROUPS_MAX; i++)
        free_series(&history->groups[i]);
    free(history->groups);
    free(history->decisions);
    *history = (struct decision_history){0};
}

/* ---- the series of a group ---- */

static const struct decision_history_load unknown_load = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};

static bool is_measured(const struct decision *decision, enum resource resource)
{
    return resource < RESOURCE_SIGNAL_0 ? decision->observed.resource[resource].nodes > 0
                                        : signal_is_present(&decision->observed.signal[resource - RESOURCE_SIGNAL_0]);
}

static struct decision_history_load load_of(const struct decision *decision, enum resource resource)
{
    const struct resource_observation *observed = &decision->observed.resource[resource];
    const struct forecast *forecast = &decision->forecast[resource];

    return (struct decision_history_load){
        .demand = is_measured(decision, resource) ? (float)observed->demand : NAN,
        .capacity = (float)observed->capacity,
        .assumed = decision->total[resource] > 0.0 ? (float)decision->total[resource] : NAN,
        .forecast = forecast->valid ? (float)forecast->expected : NAN,
        .forecast_low = forecast->valid ? (float)forecast->low : NAN,
        .forecast_high = forecast->valid ? (float)forecast->high : NAN,
        .forecast_bound = forecast->valid ? (float)forecast->bound : NAN,
    };
}

/* A resource without a value so far has no series, and neither has one without memory. */
static void set_load(struct decision_history_group *mine, enum resource resource,
                     const struct decision_history_load *load)
{
    if (mine->loads[resource] == NULL && !isnan(load->demand)) {
        mine->loads[resource] = malloc(DECISION_HISTORY_POINTS * sizeof *mine->loads[resource]);
        for (unsigned i = 0; mine->loads[resource] != NULL && i < DECISION_HISTORY_POINTS; i++)
            mine->loads[resource][i] = unknown_load;
    }
    if (mine->loads[resource] != NULL)
        mine->loads[resource][mine->next] = *load;
}

/* All forecasts of a tick are for the same time. */
static uint32_t horizon_ms(const struct decision *decision)
{
    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        if (decision->forecast[r].valid)
            return (uint32_t)decision->forecast[r].horizon_ms;
    return 0;
}

static struct decision_history_tick tick_of(const struct decision *decision, int64_t now_ms)
{
    const struct group_observation *o = &decision->observed;

    return (struct decision_history_tick){
        .now_ms = now_ms,
        .nodes = o->live + o->returning + o->missing,
        .desired = decision->desired,
        .silent = policy_silent(o),
        .horizon_ms = horizon_ms(decision),
        .pin = o->pin,
        .paused = o->paused,
        .paused_in = o->paused_in,
        .roll_call = o->roll_call,
    };
}

/* Call it after set_load() of each resource. Without memory the group has no series. */
static void add_tick(struct decision_history_group *mine, const struct decision_history_tick *tick)
{
    if (mine->ticks == NULL)
        mine->ticks = calloc(DECISION_HISTORY_POINTS, sizeof *mine->ticks);
    if (mine->ticks == NULL)
        return;
    mine->ticks[mine->next] = *tick;
    mine->next = (mine->next + 1) % DECISION_HISTORY_POINTS;
    mine->count += mine->count < DECISION_HISTORY_POINTS;
}

/* Another configuration may change the places of a group's signals: each series follows its name. */
static void follow_signals(struct decision_history_group *mine, const struct decision *decision)
{
    struct decision_history_load **loads = &mine->loads[RESOURCE_SIGNAL_0];
    struct decision_history_load *moved[SIGNALS_OF_GROUP_MAX] = {NULL};

    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++)
        for (unsigned old = 0; old < SIGNALS_OF_GROUP_MAX; old++)
            if (strcmp(mine->last.observed.signal[old].name, decision->observed.signal[i].name) == 0 &&
                loads[old] != NULL) {
                moved[i] = loads[old];
                loads[old] = NULL;
                break;
            }
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++) {
        free(loads[i]);
        loads[i] = moved[i];
    }
}

/* Demand of cpu minus its forecast one horizon ago. */
static double error_of(const struct decision_history_group *mine, const struct decision *decision, int64_t now_ms)
{
    const struct forecast *forecast = &decision->forecast[RESOURCE_CPU];
    int64_t then_ms = now_ms - forecast->horizon_ms;
    double demand = (double)load_of(decision, RESOURCE_CPU).demand;

    for (unsigned i = mine->count; forecast->valid && i-- > 0;) {
        int64_t tick_ms = decision_history_tick(mine, i)->now_ms;
        if (tick_ms <= then_ms)
            return then_ms - tick_ms < decision->settings.tick_ms
                       ? demand - (double)decision_history_load(mine, RESOURCE_CPU, i).forecast
                       : NAN;
    }
    return NAN;
}

void decision_history_recall(struct decision_history *history, const struct group *group, int64_t now_ms, double demand)
{
    struct decision_history_group *mine = &history->groups[group->index];
    struct decision_history_load load = unknown_load;

    load.demand = (float)demand;
    set_load(mine, RESOURCE_CPU, &load);
    add_tick(mine, &(struct decision_history_tick){.now_ms = now_ms});
}

/* ---- the number that readers get ---- */

/* A hook needs no complete view of the group: its orders are for at least a number of nodes. */
static bool is_seen(const struct decision *decision)
{
    const struct group_observation *o = &decision->observed;

    return decision->settings.actuator == ACTUATOR_HOOK || o->counted ||
           o->live + o->returning + o->missing + o->leaving + o->unreported > 0;
}

/* Without nodes, the number is known only where there may be none. */
static bool is_number(const struct decision *decision)
{
    return decision->desired > 0 || decision->settings.nodes_min == 0;
}

bool decision_history_desired(const struct decision_history_group *group, unsigned *desired)
{
    const struct decision *last = &group->last;

    if (!group->decided || last->observed.roll_call_blind || last->observed.orders_elsewhere || !is_seen(last))
        return false;
    bool is_reader = last->settings.actuator == ACTUATOR_READER;
    if (is_reader && last->observed.unlisted)
        return false;
    bool is_read = is_reader && decision_acts(last);
    *desired = is_read ? group->published : last->desired;
    return is_read ? group->has_published : is_number(last);
}

void decision_history_publish(struct decision_history *history, const struct group *group, bool has_nodes,
                              unsigned nodes)
{
    struct decision_history_group *mine = &history->groups[group->index];

    history->changes += mine->has_published != has_nodes || mine->published != nodes;
    mine->has_published = has_nodes;
    mine->published = nodes;
}

void decision_history_note(struct decision_history *history, const struct group *group, const struct decision *decision,
                           const struct moment *when)
{
    struct decision_history_group *mine = &history->groups[group->index];

    history->changes++;
    mine->forecast_error = error_of(mine, decision, when->now_ms);
    follow_signals(mine, decision);
    mine->decided = true;
    mine->when = *when;
    mine->last = *decision;
    for (enum resource r = 0; r < RESOURCE_COUNT; r++) {
        struct decision_history_load load = load_of(decision, r);
        set_load(mine, r, &load);
    }
    const struct decision_history_tick tick = tick_of(decision, when->now_ms);
    add_tick(mine, &tick);
}

void decision_history_add(struct decision_history *history, const struct group *group, const struct decision *decision,
                          const struct moment *when, const char *why)
{
    struct decision_history_decision *logged = &history->decisions[history->next];

    history->groups[group->index].decisions[decision->action]++;
    *logged = (struct decision_history_decision){.id = ++history->last_id, .when = *when, .decision = *decision};
    memcpy(logged->group, group->name, sizeof logged->group);
    snprintf(logged->why, sizeof logged->why, "%s", why);
    history->next = (history->next + 1) % DECISION_HISTORY_DECISIONS;
    history->count += history->count < DECISION_HISTORY_DECISIONS;
}

void decision_history_forget(struct decision_history *history, const struct group *group)
{
    struct decision_history_group *mine = &history->groups[group->index];

    free_series(mine);
    *mine = (struct decision_history_group){0};
    history->changes++;
}

const struct decision_history_decision *decision_history_after(const struct decision_history *history, uint64_t id)
{
    uint64_t oldest = history->last_id - history->count + 1;
    uint64_t wanted = id < oldest ? oldest : id + 1;

    if (id >= history->last_id || history->count == 0)
        return NULL;
    return &history->decisions[(history->next + DECISION_HISTORY_DECISIONS - 1 - (history->last_id - wanted)) %
                               DECISION_HISTORY_DECISIONS];
}

static unsigned place_of(const struct decision_history_group *group, unsigned i)
{
    return (group->next + DECISION_HISTORY_POINTS - group->count + i) % DECISION_HISTORY_POINTS;
}

const struct decision_history_tick *decision_history_tick(const struct decision_history_group *group, unsigned i)
{
    return &group->ticks[place_of(group, i)];
}

struct decision_history_load decision_history_load(const struct decision_history_group *group, enum resource resource,
                                                   unsigned i)
{
    return group->loads[resource] != NULL ? group->loads[resource][place_of(group, i)] : unknown_load;
}
