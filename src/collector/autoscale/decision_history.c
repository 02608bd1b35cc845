#include "collector/autoscale/decision_history.h"

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

void decision_history_deinit(struct decision_history *history)
{
    for (unsigned i = 0; history->groups != NULL && i < GROUPS_MAX; i++)
        free(history->groups[i].points);
    free(history->groups);
    free(history->decisions);
    *history = (struct decision_history){0};
}

static struct decision_history_point point_of(const struct decision *decision, int64_t now_ms)
{
    const struct resource_observation *cpu = &decision->observed.resource[RESOURCE_CPU];
    const struct forecast *forecast = &decision->forecast[RESOURCE_CPU];

    return (struct decision_history_point){
        .now_ms = now_ms,
        .demand = cpu->nodes > 0 ? (float)cpu->demand : NAN,
        .capacity = (float)cpu->capacity,
        .forecast = forecast->valid ? (float)forecast->expected : NAN,
        .forecast_bound = forecast->valid ? (float)forecast->bound : NAN,
        .nodes = decision->observed.live + decision->observed.returning + decision->observed.missing,
        .desired = decision->desired,
    };
}

static double error_of(const struct decision_history_group *mine, const struct decision *decision,
                       const struct decision_history_point *now)
{
    int64_t then_ms = now->now_ms - decision->forecast[RESOURCE_CPU].horizon_ms;

    for (unsigned i = mine->count; decision->forecast[RESOURCE_CPU].valid && i-- > 0;) {
        const struct decision_history_point *then = decision_history_point(mine, i);
        if (then->now_ms <= then_ms)
            return then_ms - then->now_ms < decision->settings.tick_ms ? (double)(now->demand - then->forecast) : NAN;
    }
    return NAN;
}

/* Without memory the group has no series. */
static void add_point(struct decision_history_group *mine, const struct decision_history_point *point)
{
    if (mine->points == NULL)
        mine->points = calloc(DECISION_HISTORY_POINTS, sizeof *mine->points);
    if (mine->points == NULL)
        return;
    mine->points[mine->next] = *point;
    mine->next = (mine->next + 1) % DECISION_HISTORY_POINTS;
    mine->count += mine->count < DECISION_HISTORY_POINTS;
}

void decision_history_recall(struct decision_history *history, const struct group *group, int64_t now_ms, double demand)
{
    add_point(&history->groups[group->index],
              &(struct decision_history_point){
                  .now_ms = now_ms, .demand = (float)demand, .capacity = NAN, .forecast = NAN, .forecast_bound = NAN});
}

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
    struct decision_history_point point = point_of(decision, when->now_ms);

    history->changes++;
    mine->forecast_error = error_of(mine, decision, &point);
    mine->decided = true;
    mine->when = *when;
    mine->last = *decision;
    add_point(mine, &point);
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

    free(mine->points);
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

const struct decision_history_point *decision_history_point(const struct decision_history_group *group, unsigned i)
{
    return &group->points[(group->next + DECISION_HISTORY_POINTS - group->count + i) % DECISION_HISTORY_POINTS];
}
