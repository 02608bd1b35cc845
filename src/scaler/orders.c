#include "scaler/orders.h"

#include "common/compare.h"

#include <stdlib.h>
#include <string.h>

#define MEDIAN            50U /* percent */
#define SLOW              90U
#define LEAD_TIMES_FACTOR 4 /* a learned lead time is within a quarter and four times of the configured one */

unsigned orders_nodes(const struct order_list *list)
{
    unsigned nodes = 0;

    for (unsigned i = 0; i < list->count; i++)
        nodes += list->order[i].nodes;
    return nodes;
}

static void drop_first(struct order_list *list)
{
    list->count--;
    memmove(list->order, list->order + 1, list->count * sizeof *list->order);
}

static void append(struct order_list *list, int64_t now_ms, unsigned nodes)
{
    if (nodes == 0)
        return;
    if (list->count == ORDERS_MAX) {
        list->order[1].nodes += list->order[0].nodes;
        list->order[1].time_ms = list->order[0].time_ms;
        drop_first(list);
    }
    list->order[list->count++] = (struct order){.time_ms = now_ms, .stated_ms = now_ms, .nodes = nodes};
}

/* ---- placing and withdrawing ---- */

unsigned orders_overdue(const struct orders *orders, int64_t before_ms)
{
    unsigned nodes = 0;

    for (unsigned i = 0; i < orders->arriving.count; i++)
        if (orders->arriving.order[i].stated_ms < before_ms)
            nodes += orders->arriving.order[i].nodes;
    return nodes;
}

void orders_add(struct orders *orders, int64_t now_ms, unsigned nodes, int64_t overdue_ms)
{
    for (unsigned i = 0; i < orders->arriving.count && nodes > 0; i++) {
        struct order *order = &orders->arriving.order[i];
        if (order->stated_ms >= overdue_ms)
            continue;
        order->stated_ms = now_ms;
        order->nodes = order->nodes < nodes ? order->nodes : nodes; /* no more is wanted */
        nodes -= order->nodes;
    }
    append(&orders->arriving, now_ms, nodes);
}

void orders_remove(struct orders *orders, int64_t now_ms, unsigned nodes)
{
    orders->leaving.count = 0;
    append(&orders->leaving, now_ms, nodes);
}

static void withdraw(struct order_list *list, int64_t since_ms)
{
    while (list->count > 0 && list->order[list->count - 1].time_ms >= since_ms)
        list->count--;
    for (unsigned i = 0; i < list->count; i++)
        if (list->order[i].stated_ms >= since_ms)
            list->order[i].stated_ms = list->order[i].time_ms;
}

void orders_withdraw(struct orders *orders, int64_t since_ms)
{
    withdraw(&orders->arriving, since_ms);
    withdraw(&orders->leaving, since_ms);
}

/* ---- fulfilling and expiring ---- */

void orders_learn_lead(struct orders *orders, int64_t lead_ms)
{
    orders->lead_ms[orders->lead_next] = lead_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)lead_ms;
    orders->lead_next = (orders->lead_next + 1) % LEAD_TIMES_MAX;
    if (orders->lead_count < LEAD_TIMES_MAX)
        orders->lead_count++;
    memcpy(orders->lead_sorted_ms, orders->lead_ms, orders->lead_count * sizeof *orders->lead_ms);
    qsort(orders->lead_sorted_ms, orders->lead_count, sizeof *orders->lead_sorted_ms, compare_u32);
}

unsigned orders_fulfil(struct orders *orders, int64_t now_ms, unsigned joined, unsigned left)
{
    for (; joined > 0 && orders->arriving.count > 0; joined--) {
        struct order *oldest = &orders->arriving.order[0];
        orders_learn_lead(orders, now_ms - oldest->time_ms);
        if (--oldest->nodes == 0)
            drop_first(&orders->arriving);
    }
    for (; left > 0 && orders->leaving.count > 0; left--)
        if (--orders->leaving.order[0].nodes == 0)
            drop_first(&orders->leaving);
    return joined;
}

void orders_limit(struct orders *orders, unsigned lacking)
{
    unsigned nodes = orders_nodes(&orders->arriving);

    for (; nodes > lacking; nodes--)
        if (--orders->arriving.order[0].nodes == 0)
            drop_first(&orders->arriving);
}

static unsigned expire(struct order_list *list, int64_t before_ms)
{
    unsigned nodes = 0;

    while (list->count > 0 && list->order[0].time_ms < before_ms) {
        nodes += list->order[0].nodes;
        drop_first(list);
    }
    return nodes;
}

unsigned orders_expire(struct orders *orders, int64_t now_ms, int64_t after_ms, int64_t leave_ms)
{
    (void)expire(&orders->leaving, now_ms - leave_ms);
    return expire(&orders->arriving, now_ms - after_ms);
}

/* ---- lead times ---- */

static int64_t percentile(const struct orders *orders, unsigned percent)
{
    return orders->lead_sorted_ms[(orders->lead_count * percent + 99) / 100 - 1];
}

int64_t orders_lead_ms(const struct orders *orders, int64_t assumed_ms, int64_t floor_ms)
{
    int64_t most_ms = LEAD_TIMES_FACTOR * assumed_ms > floor_ms ? LEAD_TIMES_FACTOR * assumed_ms : floor_ms;

    if (orders->lead_count < LEAD_TIMES_MIN)
        return assumed_ms;
    int64_t lead_ms = percentile(orders, MEDIAN);
    if (lead_ms > most_ms)
        return most_ms;
    return lead_ms > assumed_ms / LEAD_TIMES_FACTOR ? lead_ms : assumed_ms / LEAD_TIMES_FACTOR;
}

int64_t orders_slow_lead_ms(const struct orders *orders, int64_t assumed_ms)
{
    return orders->lead_count < LEAD_TIMES_MIN ? assumed_ms : percentile(orders, SLOW);
}

int64_t orders_longest_lead_ms(const struct orders *orders)
{
    return orders->lead_count > 0 ? orders->lead_sorted_ms[orders->lead_count - 1] : 0;
}
