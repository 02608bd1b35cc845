#include "world/world_orders.h"

#include "world/world.h"
#include "world/world_people.h"

#include <stdio.h>
#include <string.h>

static struct moment moment_now(const struct world_collector *c)
{
    return (struct moment){.now_ms = (int64_t)collector_mono_ms(c, c->world->now_ms),
                           .wall_ms = collector_wall_ms(c, c->world->now_ms)};
}

/* ---- decisions ---- */

static enum view_action action_of(const struct decision *d)
{
    if (d->action == ACTION_HOLD)
        return VIEW_HOLD;
    return d->action == ACTION_UP ? VIEW_OUT : VIEW_IN;
}

static void view_decision(const struct world_collector *c, struct world_group *group, const struct decision *d,
                          bool is_order)
{
    const struct group_observation *o = &d->observed;

    group->view = (struct world_view){.at_ms = c->world->now_ms,
                                      .action = action_of(d),
                                      .ordered = is_order,
                                      .forecast = d->rule == RULE_FORECAST,
                                      .live = o->live,
                                      .missing = o->missing + o->returning + o->leaving + o->unreported,
                                      .lost_at_once = o->lost_at_once,
                                      .leaving = o->leaving,
                                      .pending = d->pending,
                                      .wanted = d->raw,
                                      .before = d->before,
                                      .existing = d->existing,
                                      .carrying = d->carrying,
                                      .desired = d->desired,
                                      .to = d->to,
                                      .roll_call = o->roll_call,
                                      .number = !o->roll_call_blind && d->desired > 0 &&
                                                o->live + o->returning + o->missing + o->leaving + o->unreported > 0,
                                      .nodes_min = d->settings.nodes_min,
                                      .pin = o->pin,
                                      .paused = o->paused,
                                      .held_by_person = o->paused || o->paused_in || o->pin > 0 ||
                                                        d->settings.nodes_min != group->settings.nodes_min};
    group->has_view = true;
    if (group->view.pin > 0)
        group->memory.pinned_ms = c->world->now_ms;
}

static void on_decided(struct world_collector *c, const struct scaling_outcome *outcome)
{
    const struct group *group = registry_find_group(&c->registry, outcome->group);
    struct world_group *mine = collector_group(c, group->index);
    const struct scaled_group *scaled = &c->scaling.groups[group->index];

    if (mine == NULL || scaled->scaler == NULL || scaled->last.settings.tick_ms == 0)
        return;
    view_decision(c, mine, &scaled->last, outcome->order_rc == 1);
    c->world->totals.decisions++;
    if (c->world->verbose)
        world_log(c->world, "%s", outcome->given_up[0] != '\0' ? outcome->given_up : collector_why(c->world, mine));
    check_on_decision(c->world, mine);
}

void orders_tick(struct world_collector *c)
{
    struct scaling_outcome outcome;
    struct moment now = moment_now(c);
    enum scaling_progress progress = SCALING_OBSERVED;

    if (c->tick_ms > c->world->now_ms)
        return;
    c->tick_ms += (uint64_t)c->config.settings.tick_ms;
    people_expire(c);
    scaling_begin(&c->scaling, now.now_ms);
    while ((progress = scaling_step(&c->scaling, &now, &outcome)) != SCALING_DONE)
        if (progress == SCALING_DECIDED)
            on_decided(c, &outcome);
    c->save_wanted = true;
}

/* A write takes until the next step. */
void orders_write_rows(struct world_collector *c)
{
    if (c->rows_writing) {
        decision_rows_begin(&c->rows);
        int rc = decision_rows_write(&c->rows);
        decision_rows_end(&c->rows, rc);
        c->rows_writing = rc < 0;
        const struct moment now = moment_now(c);
        if (rc == 0)
            scaling_synced(&c->scaling, &now);
    }
    if (!c->rows_writing)
        c->rows_writing = decision_rows_take(&c->rows);
}

/* ---- hooks ---- */

static struct world_order order_of(const struct world_collector *c, unsigned index)
{
    const struct hook_order *from = &hook_queue_slot(&c->queue, index)->running;
    struct world_order order = {.epoch = from->epoch,
                                .number = from->number,
                                .kind = from->is_in ? WORLD_ORDER_IN : WORLD_ORDER_OUT,
                                .to = from->to,
                                .decided_ms = c->boot_ms + (uint64_t)c->scaling.actuation.groups[index].run.now_ms};

    for (unsigned i = 0; i < from->node_count && i < ORDER_NAMES_MAX; i++)
        snprintf(order.names[order.name_count++], WORLD_NAME_SIZE, "%s", from->nodes[i]);
    return order;
}

static void begin_run(struct world_collector *c, unsigned index)
{
    const struct moment now = moment_now(c);

    if (actuation_begin(&c->scaling.actuation, index, &now) == NULL) {
        hook_queue_cancel(&c->queue, index);
        return;
    }
    struct world_order order = order_of(c, index);
    actuator_begin(c->world, collector_group(c, index), &order);
}

void orders_begin_runs(struct world_collector *c)
{
    uint64_t now_ms = collector_mono_ms(c, c->world->now_ms);
    int index = -1;

    if (!c->queue.has_new && c->hook_due_ms > now_ms)
        return;
    while ((index = hook_queue_next(&c->queue, now_ms)) >= 0)
        begin_run(c, (unsigned)index);
    c->hook_due_ms = hook_queue_due_ms(&c->queue, now_ms);
}

static enum hook_verdict verdict_of(enum run_result result)
{
    switch (result) {
    case RUN_ACCEPTED:
        return HOOK_ACCEPTED;
    case RUN_TOO_FEW:
        return HOOK_TOO_FEW;
    case RUN_TIMED_OUT:
        return HOOK_TIMED_OUT;
    default:
        return HOOK_REFUSED;
    }
}

/* As hook.c does. */
static enum hook_end end_of(enum hook_verdict verdict)
{
    if (verdict == HOOK_ACCEPTED || verdict == HOOK_TOO_FEW)
        return HOOK_END_WELL;
    return verdict == HOOK_TIMED_OUT ? HOOK_END_TIMED_OUT : HOOK_END_FAILED;
}

static void end_run(struct world_collector *c, struct world_group *group, unsigned index, enum run_result ended)
{
    const struct hook_slot *slot = hook_queue_slot(&c->queue, index);
    struct hook_result result = {.verdict = verdict_of(ended),
                                 .verb = slot->running.is_in ? HOOK_SCALE_IN : HOOK_SCALE_OUT,
                                 .to = slot->running.to,
                                 .node_count = slot->running.node_count};
    const struct moment now = moment_now(c);

    result.wait_ms = hook_queue_end(&c->queue, index, end_of(result.verdict), (uint64_t)now.now_ms);
    result.failures = slot->backoff.failures;
    group->memory.withdrawn = group->memory.withdrawn || result.verdict != HOOK_ACCEPTED;
    actuation_ended(&c->scaling.actuation, index, &result, &now);
    c->hook_due_ms = 0;
}

void orders_end_runs(struct world_collector *c)
{
    enum run_result result = RUN_ACCEPTED;

    for (unsigned i = 0; i < c->registry.group_count; i++) {
        struct world_group *group = collector_group(c, i);
        if (group == NULL || group->actuator.run.orphan || !group->actuator.run.active)
            continue;
        if (c->world->now_ms - group->actuator.run.begun_ms >= (uint64_t)c->config.hook_timeout_ms)
            actuator_kill_run(c->world, group);
        if (actuator_take_result(c->world, group, &result))
            end_run(c, group, i, result);
    }
}

/* Runs that have begun are ended; what is known of all orders is written. */
void orders_stop(struct world_collector *c)
{
    const struct moment now = moment_now(c);

    actuation_cancel_all(&c->scaling.actuation, &now);
    for (unsigned i = 0; i < c->registry.group_count; i++) {
        const struct hook_slot *slot = hook_queue_slot(&c->queue, i);
        struct hook_result result = {.verdict = HOOK_STOPPED,
                                     .verb = slot->running.is_in ? HOOK_SCALE_IN : HOOK_SCALE_OUT,
                                     .to = slot->running.to};
        if (!slot->is_running)
            continue;
        (void)hook_queue_end(&c->queue, i, HOOK_END_WELL, (uint64_t)now.now_ms);
        actuation_ended(&c->scaling.actuation, i, &result, &now);
    }
    for (unsigned i = 0; i < 2; i++) /* the write in progress, and one of the rest */
        orders_write_rows(c);
}

const char *collector_why(const struct world *world, const struct world_group *group)
{
    static char why[DECISION_SENTENCE_MAX];
    const struct world_collector *c = &world->collector;
    const struct group *mine = c->running ? registry_find_group(&c->registry, group->name) : NULL;

    if (mine == NULL || !group->has_view)
        return "no decision";
    decision_sentence(&c->scaling.groups[mine->index].last, group->name, why, sizeof why);
    return why;
}

bool collector_read(const struct world *world, const struct world_group *group, unsigned *desired)
{
    const struct world_collector *c = &world->collector;
    const struct group *mine = c->running ? registry_find_group(&c->registry, group->name) : NULL;

    return mine != NULL && group->has_view && decision_history_desired(&c->history.groups[mine->index], desired);
}
