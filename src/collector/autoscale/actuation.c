#include "collector/autoscale/actuation.h"

#include "collector/autoscale/record_json.h"
#include "collector/autoscale/victims.h"

#include <errno.h>
#include <stdlib.h>

/* ---- an order's way ---- */

static struct group_orders_log log_state(const struct actuation *actuation)
{
    return (struct group_orders_log){.synced = actuation->rows->synced, .failing = actuation->rows->failing};
}

/* What group_orders has decided about the group's order. */
static void carry_out(struct actuation *actuation, unsigned index, enum group_orders_action action, uint64_t now_ms)
{
    if (action == GROUP_ORDERS_HAND_OVER) {
        struct hook_order order = group_orders_hand_over(&actuation->groups[index]);
        hook_queue_put(actuation->queue, index, actuation->registry->groups[index]->name, &order, now_ms);
    } else if (action == GROUP_ORDERS_WITHDRAW) {
        hook_queue_withdraw(actuation->queue, index);
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

int actuation_order(struct actuation *actuation, const struct group *group, struct scaler *scaler,
                    const struct decision *decision, const char *why, const struct moment *now)
{
    const struct decision_record intent = {
        .wall_ms = now->wall_ms, .group = group->name, .decision = decision, .order = ORDER_INTENT, .why = why};
    char *text = NULL;
    size_t len = 0;

    int rc = make_record(actuation, group, &intent, &text, &len);
    if (rc < 0)
        return rc;
    bool recorded = decision_rows_add(actuation->rows, &intent) == 0;
    if (!recorded && group_orders_needs_row(decision)) {
        free(text);
        return 0;
    }
    struct group_orders_log log = log_state(actuation);
    uint64_t row = recorded ? actuation->rows->added : 0;
    carry_out(actuation, group->index,
              group_orders_place(&actuation->groups[group->index], scaler, decision, text, len, row, &log),
              (uint64_t)now->now_ms);
    return 0;
}

void actuation_synced(struct actuation *actuation, uint64_t now_ms)
{
    struct group_orders_log log = log_state(actuation);

    for (unsigned i = 0; i < actuation->registry->group_count; i++)
        carry_out(actuation, i, group_orders_synced(&actuation->groups[i], &log), now_ms);
}

void actuation_tick(struct actuation *actuation, unsigned index, enum scale_mode mode, uint64_t now_ms)
{
    struct group_orders_log log = log_state(actuation);

    carry_out(actuation, index, group_orders_tick(&actuation->groups[index], mode, &log), now_ms);
}

void actuation_cancel_all(struct actuation *actuation)
{
    for (unsigned i = 0; i < actuation->registry->group_count; i++)
        carry_out(actuation, i, group_orders_cancel(&actuation->groups[i]), 0); /* never puts one */
}

/* ---- the hook ---- */

void actuation_started(struct actuation *actuation, unsigned index)
{
    group_orders_started(&actuation->groups[index]);
}

void actuation_ended(struct actuation *actuation, unsigned index, const struct hook_result *result, int64_t wall_ms)
{
    struct group_orders *orders = &actuation->groups[index];
    const char *group = actuation->registry->groups[index]->name;
    enum group_orders_action action = GROUP_ORDERS_NOTHING;
    char why[DECISION_SENTENCE_MAX];

    hook_result_sentence(result, group, why, sizeof why);
    enum order_stage stage = group_orders_ended(orders, result->verdict, &action);
    const struct decision_record record = {
        .wall_ms = wall_ms, .group = group, .decision = &orders->run, .order = stage, .why = why};
    if (stage != ORDER_NONE)
        (void)decision_rows_add(actuation->rows, &record);
    carry_out(actuation, index, action, 0); /* never puts one */
}

bool actuation_possible(const struct actuation *actuation)
{
    return actuation->program[0] != '\0';
}

/* ---- life ---- */

int actuation_init(struct actuation *actuation, const struct registry *registry, struct decision_rows *rows,
                   struct hook_queue *queue, const char *program)
{
    *actuation = (struct actuation){.registry = registry, .rows = rows, .queue = queue, .program = program};
    actuation->groups = calloc(GROUPS_MAX, sizeof *actuation->groups);
    return actuation->groups == NULL ? -ENOMEM : 0;
}

void actuation_deinit(struct actuation *actuation)
{
    for (unsigned i = 0; actuation->groups != NULL && i < GROUPS_MAX; i++)
        group_orders_deinit(&actuation->groups[i]);
    free(actuation->groups);
    actuation->groups = NULL;
}
