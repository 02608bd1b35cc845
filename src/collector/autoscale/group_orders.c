#include "collector/autoscale/group_orders.h"

#include "collector/autoscale/unseen_nodes.h"

#include <assert.h>

static bool is_in(const struct decision *decision)
{
    return decision->action == ACTION_DOWN;
}

bool group_orders_needs_row(const struct decision *decision)
{
    return is_in(decision);
}

bool group_orders_may_scale_in(const struct group_orders *orders, int64_t now_ms)
{
    return orders->state == GROUP_ORDERS_NONE && !orders->is_running && now_ms >= orders->in_not_before_ms;
}

/* ---- the next order ---- */

void group_orders_note(struct group_orders *orders, const struct decision *decision)
{
    if (!is_in(decision))
        return;
    orders->in_ms = decision->now_ms;
    orders->in_lead_ms = decision->lead_ms;
    orders->in_nodes = decision->victims;
}

void group_orders_place(struct group_orders *orders, struct scaler *scaler, const struct decision *decision,
                        const struct hook_order *order, const struct victim_list *victims, uint64_t row,
                        bool is_uncounted)
{
    assert(orders->state == GROUP_ORDERS_NONE);
    orders->scaler = scaler;
    orders->state = GROUP_ORDERS_PLACED;
    orders->next = *decision;
    orders->order = *order;
    orders->victims = *victims;
    orders->row = row;
    orders->is_uncounted = is_uncounted;
    if (orders->since_ms == 0)
        orders->since_ms = decision->now_ms;
    if (orders->is_running && orders->since_run_ms == 0)
        orders->since_run_ms = decision->now_ms;
    group_orders_note(orders, decision);
    scaler_ordered(scaler, decision);
}

/* An answer below what reports is no count (count_belief.h). */
static const char *count_objection(const struct decision *decision, const struct count_answer *answer)
{
    const struct group_observation *observed = &decision->observed;

    if (decision->settings.victims == VICTIMS_ANY) {
        if (answer == NULL && unseen_nodes_are_all(decision))
            return NULL;
        if (answer == NULL)
            return "its nodes could not be counted";
        return answer->number != observed->count ? "the number of nodes has changed" : NULL;
    }
    bool is_sound = answer != NULL && observed->counted && answer->number >= observed->live;
    return is_sound && answer->number < observed->count ? "fewer nodes exist than before" : NULL;
}

const char *group_orders_counted(struct group_orders *orders, const struct count_answer *answer)
{
    const char *why = count_objection(&orders->next, answer);

    if (why == NULL)
        orders->is_uncounted = false;
    return why;
}

bool group_orders_is_ready(const struct group_orders *orders, const struct group_orders_log *log)
{
    if (orders->state != GROUP_ORDERS_PLACED || orders->is_uncounted)
        return false;
    return orders->row <= log->synced || (log->is_failing && !is_in(&orders->next));
}

struct hook_order group_orders_hand_over(struct group_orders *orders)
{
    struct hook_order order = orders->order;

    orders->order = (struct hook_order){0};
    orders->state = GROUP_ORDERS_QUEUED;
    return order;
}

bool group_orders_is_allowed(const struct group_orders *orders, enum scale_mode mode)
{
    return orders->state == GROUP_ORDERS_NONE || mode == MODE_FULL || (mode == MODE_OUT_ONLY && !is_in(&orders->next));
}

static void drop_next(struct group_orders *orders)
{
    hook_order_deinit(&orders->order);
    victim_list_deinit(&orders->victims);
    orders->state = GROUP_ORDERS_NONE;
}

void group_orders_withdraw(struct group_orders *orders)
{
    int64_t since_ms = orders->is_running ? orders->since_run_ms : orders->since_ms;

    drop_next(orders);
    if (since_ms == 0)
        return;
    scaler_withdrawn(orders->scaler, since_ms);
    orders->since_run_ms = 0;
    if (!orders->is_running)
        orders->since_ms = 0;
}

void group_orders_replace(struct group_orders *orders)
{
    if (is_in(&orders->next))
        group_orders_withdraw(orders);
    else
        drop_next(orders);
}

/* ---- its run ---- */

void group_orders_started(struct group_orders *orders)
{
    orders->is_running = true;
    orders->run = orders->next;
    orders->since_run_ms = 0;
    drop_next(orders);
}

enum order_stage group_orders_ended(struct group_orders *orders, enum hook_verdict verdict, int64_t now_ms)
{
    assert(orders->is_running);
    orders->is_running = false;
    if (verdict == HOOK_ACCEPTED) {
        orders->since_ms = orders->since_run_ms;
        orders->since_run_ms = 0;
        return ORDER_ACCEPTED;
    }
    if (orders->since_ms != 0)
        scaler_withdrawn(orders->scaler, orders->since_ms);
    orders->since_ms = 0;
    orders->since_run_ms = 0;
    if (verdict == HOOK_STOPPED)
        return ORDER_UNKNOWN;
    if (verdict != HOOK_TOO_FEW)
        return ORDER_FAILED;
    orders->in_not_before_ms = now_ms + orders->run.lead_ms;
    return ORDER_WITHOUT_EFFECT;
}

void group_orders_deinit(struct group_orders *orders)
{
    drop_next(orders);
}
