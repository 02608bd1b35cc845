#include "collector/autoscale/actuation.h"

#include "collector/autoscale/record_json.h"
#include "collector/autoscale/victims.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- an order's way ---- */

static struct group_orders_log log_state(const struct actuation *actuation)
{
    return (struct group_orders_log){.synced = decision_log_synced(actuation->decisions),
                                     .failing = decision_log_failing(actuation->decisions)};
}

/* What group_orders has decided about the group's order. */
static void carry_out(struct actuation *actuation, unsigned index, enum group_orders_action action)
{
    if (action == GROUP_ORDERS_HAND_OVER) {
        struct hook_order order = group_orders_hand_over(&actuation->groups[index]);
        hook_put(&actuation->hook, index, actuation->registry->groups[index]->name, &order);
    } else if (action == GROUP_ORDERS_WITHDRAW) {
        hook_withdraw(&actuation->hook, index);
    }
}

/* The decision's record as the hook gets it on standard input, with the victims. */
static int make_record(const struct actuation *actuation, const struct group *group,
                       const struct decision_record *intent, char **text, size_t *len)
{
    struct decision_record record = *intent;
    const char **victims = victims_suggest(actuation->registry, group, intent->decision, &record.victim_count);

    record.victims = victims;
    int rc = record_json_text(&record, text, len);
    free(victims);
    return rc;
}

void actuation_order(struct actuation *actuation, const struct group *group, struct scaler *scaler,
                     const struct decision *decision, const char *why)
{
    const struct decision_record intent = {
        .wall_ms = clock_wall_ms(), .group = group->name, .decision = decision, .order = ORDER_INTENT, .why = why};
    char *text = NULL;
    size_t len = 0;

    int rc = make_record(actuation, group, &intent, &text, &len);
    if (rc < 0) {
        log_error("group %s: no order: can't create the decision record: %s", group->name, strerror(-rc));
        return;
    }
    bool recorded = decision_log_add(actuation->decisions, &intent) == 0;
    if (!recorded && group_orders_needs_row(decision)) {
        free(text);
        return;
    }
    struct group_orders_log log = log_state(actuation);
    uint64_t row = recorded ? decision_log_newest(actuation->decisions) : 0;
    carry_out(actuation, group->index,
              group_orders_place(&actuation->groups[group->index], scaler, decision, text, len, row, &log));
}

void actuation_synced(struct actuation *actuation)
{
    struct group_orders_log log = log_state(actuation);

    for (unsigned i = 0; i < actuation->registry->group_count; i++)
        carry_out(actuation, i, group_orders_synced(&actuation->groups[i], &log));
}

void actuation_tick(struct actuation *actuation, unsigned index, enum scale_mode mode)
{
    struct group_orders_log log = log_state(actuation);

    carry_out(actuation, index, group_orders_tick(&actuation->groups[index], mode, &log));
}

/* ---- the hook ---- */

static const char *actuation_on_program(const char *group, void *arg)
{
    const struct actuation *actuation = arg;

    (void)group;
    return actuation_possible(actuation) ? actuation->program : NULL;
}

static void actuation_on_started(unsigned index, const char *group, unsigned current, unsigned desired, void *arg)
{
    struct actuation *actuation = arg;

    (void)group;
    (void)current;
    (void)desired;
    group_orders_started(&actuation->groups[index]);
}

/* The run's result is a row of its own, and an order that failed is withdrawn: the next tick decides again. */
static void actuation_on_ended(unsigned index, const char *name, const struct hook_result *result, void *arg)
{
    struct actuation *actuation = arg;
    struct group_orders *orders = &actuation->groups[index];
    enum group_orders_action action = GROUP_ORDERS_NOTHING;
    char why[DECISION_SENTENCE_MAX];

    hook_result_sentence(result, name, why, sizeof why);
    enum order_stage stage = group_orders_ended(orders, result->verdict, &action);
    const struct decision_record record = {.wall_ms = clock_wall_ms(),
                                           .group = actuation->registry->groups[index]->name,
                                           .decision = &orders->run,
                                           .order = stage,
                                           .why = why};
    if (stage != ORDER_NONE)
        (void)decision_log_add(actuation->decisions, &record);
    carry_out(actuation, index, action);
}

static const struct hook_events events = {
    .program = actuation_on_program, .on_started = actuation_on_started, .on_ended = actuation_on_ended};

bool actuation_possible(const struct actuation *actuation)
{
    return actuation->program[0] != '\0';
}

/* ---- life ---- */

int actuation_start(struct actuation *actuation, uv_loop_t *loop, const struct actuation_options *options)
{
    *actuation =
        (struct actuation){.registry = options->registry, .decisions = options->decisions, .program = options->program};
    actuation->groups = calloc(GROUPS_MAX, sizeof *actuation->groups);
    if (actuation->groups == NULL)
        return -ENOMEM;
    return hook_start(&actuation->hook, loop, options->timeout_ms, (uint64_t)uv_hrtime(), &events, actuation);
}

void actuation_reconfigure(struct actuation *actuation, const char *program, uint64_t timeout_ms)
{
    actuation->program = program;
    hook_set_timeout(&actuation->hook, timeout_ms);
}

void actuation_drain(struct actuation *actuation, hook_drained_cb *drained_cb, void *arg)
{
    for (unsigned i = 0; i < actuation->registry->group_count; i++)
        carry_out(actuation, i, group_orders_cancel(&actuation->groups[i]));
    hook_drain(&actuation->hook, drained_cb, arg);
}

void actuation_close(struct actuation *actuation)
{
    hook_close(&actuation->hook);
}

void actuation_deinit(struct actuation *actuation)
{
    hook_deinit(&actuation->hook);
    for (unsigned i = 0; actuation->groups != NULL && i < GROUPS_MAX; i++)
        group_orders_deinit(&actuation->groups[i]);
    free(actuation->groups);
    actuation->groups = NULL;
}
