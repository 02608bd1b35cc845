#include "world/world_orders.h"

#include "world/world.h"

#include <stdio.h>
#include <string.h>

static struct moment moment_now(const struct world_collector *c)
{
    return (struct moment){.now_ms = (int64_t)collector_mono_ms(c, c->world->now_ms),
                           .wall_ms = collector_wall_ms(c, c->world->now_ms)};
}

static struct world_group *world_group_of(const struct world_collector *c, unsigned index)
{
    const char *name = c->registry.groups[index]->name;

    for (unsigned g = 0; g < c->world->group_count; g++)
        if (strcmp(c->world->groups[g].name, name) == 0)
            return &c->world->groups[g];
    return NULL;
}

/* ---- decisions ---- */

/* What the record on the hook's standard input suggests for removal. */
static void read_victims(const struct hook_order *from, struct world_order *order)
{
    const char *end = from->record + from->record_len;
    const char *at = memmem(from->record, from->record_len, "\"victims\":[", 11);

    at = at != NULL ? at + 11 : end;
    while (at < end && *at == '"' && order->name_count < ORDER_NAMES_MAX) {
        const char *close = memchr(at + 1, '"', (size_t)(end - at - 1));
        if (close == NULL)
            return;
        snprintf(order->names[order->name_count++], WORLD_NAME_SIZE, "%.*s", (int)(close - at - 1), at + 1);
        at = close + 1 < end && close[1] == ',' ? close + 2 : end;
    }
}

static void view_decision(const struct world_collector *c, struct world_group *group, const struct decision *d,
                          bool is_order)
{
    struct world_view *view = &group->view;

    *view = (struct world_view){
        .at_ms = c->world->now_ms,
        .action = d->action == ACTION_UP     ? VIEW_OUT
                  : d->action == ACTION_DOWN ? VIEW_IN
                                             : VIEW_HOLD,
        .ordered = is_order || (group->actuated == ACTUATED_BY_READER && d->action != ACTION_HOLD),
        .live = d->observed.live,
        .missing = d->observed.missing + d->observed.returning + d->observed.leaving + d->observed.unreported,
        .existing = d->existing > 0 ? d->existing : d->current + d->observed.unreported,
        .carrying = d->observed.live,
        .desired = d->desired,
        .to = d->desired,
        .number = true};
    group->has_view = true;
}

static void on_decided(struct world_collector *c, const struct scaling_outcome *outcome)
{
    const struct group *group = registry_find_group(&c->registry, outcome->group);
    struct world_group *mine = world_group_of(c, group->index);
    const struct scaled_group *scaled = &c->scaling.groups[group->index];

    if (mine == NULL || scaled->scaler == NULL || scaled->last.settings.tick_ms == 0)
        return;
    view_decision(c, mine, &scaled->last, scaled_group_is_order(scaled));
    c->world->totals.decisions++;
    if (c->world->verbose)
        world_log(c->world, "%s", collector_why(c->world, mine));
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
        if (rc == 0)
            actuation_synced(&c->scaling.actuation, collector_mono_ms(c, c->world->now_ms));
    }
    if (!c->rows_writing)
        c->rows_writing = decision_rows_take(&c->rows);
}

/* ---- hooks ---- */

static void begin_run(struct world_collector *c, unsigned index)
{
    struct world_group *group = world_group_of(c, index);
    const struct hook_order *from = &hook_queue_slot(&c->queue, index)->running;
    struct world_order order = {
        .kind = WORLD_ORDER_BRING, .to = from->desired, .number = ++c->runs, .decided_ms = group->view.at_ms};

    read_victims(from, &order);
    actuation_started(&c->scaling.actuation, index);
    actuator_begin(c->world, group, &order);
}

void orders_begin_runs(struct world_collector *c)
{
    int index = -1;

    if (!c->queue.has_new && c->hook_due_ms > collector_mono_ms(c, c->world->now_ms))
        return;
    while ((index = hook_queue_next(&c->queue, collector_mono_ms(c, c->world->now_ms))) >= 0)
        begin_run(c, (unsigned)index);
    c->hook_due_ms = hook_queue_due_ms(&c->queue);
}

static enum hook_verdict verdict_of(enum run_result result)
{
    switch (result) {
    case RUN_ACCEPTED:
        return HOOK_ACCEPTED;
    case RUN_TIMED_OUT:
        return HOOK_TIMED_OUT;
    default:
        return HOOK_REFUSED;
    }
}

static void end_run(struct world_collector *c, struct world_group *group, unsigned index, enum run_result ended)
{
    const struct hook_slot *slot = hook_queue_slot(&c->queue, index);
    struct hook_result result = {
        .verdict = verdict_of(ended), .current = slot->running.current, .desired = slot->running.desired};

    result.retry_ms =
        hook_queue_end(&c->queue, index, result.verdict == HOOK_ACCEPTED, collector_mono_ms(c, c->world->now_ms));
    result.failures = slot->backoff.failures;
    if (result.verdict != HOOK_ACCEPTED)
        group->memory.withdrawn = true;
    actuation_ended(&c->scaling.actuation, index, &result, collector_wall_ms(c, c->world->now_ms));
    c->hook_due_ms = 0;
}

void orders_end_runs(struct world_collector *c)
{
    enum run_result result = RUN_ACCEPTED;

    for (unsigned i = 0; i < c->registry.group_count; i++) {
        struct world_group *group = world_group_of(c, i);
        if (group == NULL || group->actuator.run.orphan || !group->actuator.run.active)
            continue;
        if (c->world->now_ms - group->actuator.run.begun_ms >= (uint64_t)c->config.hook_timeout_ms)
            actuator_kill_run(c->world, group);
        if (actuator_take_result(c->world, group, &result))
            end_run(c, group, i, result);
    }
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
    if (!world->collector.running || !group->has_view || !group->view.number)
        return false;
    *desired = group->view.desired;
    return true;
}
