#include "collector/autoscale/group_orders.h"

#include <stdlib.h>

static bool is_for_more(const struct decision *decision)
{
    return decision->desired > decision->current;
}

bool group_orders_needs_row(const struct decision *decision)
{
    return decision->desired < decision->current;
}

enum group_orders_action group_orders_place(struct group_orders *orders, struct scaler *scaler,
                                            const struct decision *decision, char *record, size_t record_len,
                                            uint64_t row, const struct group_orders_log *log)
{
    free(orders->record);
    orders->record = record;
    orders->record_len = record_len;
    orders->scaler = scaler;
    orders->ordered = *decision;
    orders->row = row;
    if (orders->waits_ms == 0)
        orders->waits_ms = decision->now_ms;
    if (orders->unaccepted_ms == 0)
        orders->unaccepted_ms = decision->now_ms;
    if (orders->running && orders->since_run_ms == 0)
        orders->since_run_ms = decision->now_ms;
    scaler_ordered(scaler, decision);
    return row == 0 || (log->failing && is_for_more(decision)) ? GROUP_ORDERS_HAND_OVER : GROUP_ORDERS_NOTHING;
}

enum group_orders_action group_orders_synced(const struct group_orders *orders, const struct group_orders_log *log)
{
    return orders->waits_ms != 0 && orders->row <= log->synced ? GROUP_ORDERS_HAND_OVER : GROUP_ORDERS_NOTHING;
}

enum group_orders_action group_orders_cancel(struct group_orders *orders)
{
    int64_t since_ms = orders->running ? orders->since_run_ms : orders->unaccepted_ms;

    if (since_ms == 0)
        return GROUP_ORDERS_NOTHING;
    orders->waits_ms = 0;
    scaler_withdrawn(orders->scaler, since_ms);
    orders->since_run_ms = 0;
    if (!orders->running)
        orders->unaccepted_ms = 0;
    return GROUP_ORDERS_WITHDRAW;
}

static bool is_allowed(const struct decision *ordered, enum scale_mode mode)
{
    return mode == MODE_FULL || (mode == MODE_OUT_ONLY && is_for_more(ordered));
}

enum group_orders_action group_orders_tick(struct group_orders *orders, enum scale_mode mode,
                                           const struct group_orders_log *log)
{
    if (!is_allowed(&orders->ordered, mode))
        return group_orders_cancel(orders);
    bool waits = orders->waits_ms != 0;
    return waits && log->failing && is_for_more(&orders->ordered) ? GROUP_ORDERS_HAND_OVER : GROUP_ORDERS_NOTHING;
}

struct hook_order group_orders_hand_over(struct group_orders *orders)
{
    const struct hook_order order = {.current = orders->ordered.current,
                                     .desired = orders->ordered.desired,
                                     .record = orders->record,
                                     .record_len = orders->record_len};

    orders->waits_ms = 0;
    orders->record = NULL;
    orders->handed = orders->ordered;
    return order;
}

void group_orders_started(struct group_orders *orders)
{
    orders->running = true;
    orders->run = orders->handed;
    orders->since_run_ms = orders->waits_ms;
}

enum order_stage group_orders_ended(struct group_orders *orders, enum hook_verdict verdict,
                                    enum group_orders_action *action)
{
    bool accepted = verdict == HOOK_ACCEPTED;

    *action = GROUP_ORDERS_NOTHING;
    orders->running = false;
    if (verdict == HOOK_STOPPED)
        return ORDER_NONE;
    if (verdict == HOOK_NOT_STARTED)
        orders->run = orders->handed;
    if (!accepted) {
        *action = GROUP_ORDERS_WITHDRAW;
        orders->waits_ms = 0;
        if (orders->unaccepted_ms != 0) /* else it was cancelled meanwhile */
            scaler_withdrawn(orders->scaler, orders->unaccepted_ms);
    }
    orders->unaccepted_ms = accepted ? orders->since_run_ms : 0;
    orders->since_run_ms = 0;
    return accepted ? ORDER_ACCEPTED : ORDER_FAILED;
}

void group_orders_deinit(struct group_orders *orders)
{
    free(orders->record);
    orders->record = NULL;
}
