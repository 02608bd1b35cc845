#include "scaler/orders.h"

#include "common/compare.h"

#include <stdlib.h>
#include <string.h>

#define LEAD_PERCENT 90U

unsigned orders_nodes(const struct order_list *list)
{
    unsigned nodes = 0;

    for (unsigned i = 0; i < list->count; i++)
        nodes += list->order[i].nodes;
    return nodes;
}

static struct order_list *list_of(struct orders *orders, bool arriving)
{
    return arriving ? &orders->arriving : &orders->leaving;
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
    list->order[list->count++] = (struct order){.time_ms = now_ms, .nodes = nodes};
}

static void remember(struct orders *orders, bool arriving, int64_t now_ms, const struct order *order, unsigned nodes)
{
    if (orders->taken_count == ORDERS_MAX)
        memmove(orders->taken, orders->taken + 1, --orders->taken_count * sizeof *orders->taken);
    orders->taken[orders->taken_count++] = (struct order_taken){
        .order = {.time_ms = order->time_ms, .nodes = nodes}, .arriving = arriving, .time_ms = now_ms};
}

/* Cancels nodes of the newest orders, and remembers them. Returns how many nodes were left to cancel. */
static unsigned take_back(struct orders *orders, bool arriving, int64_t now_ms, unsigned nodes)
{
    struct order_list *from = list_of(orders, arriving);

    while (nodes > 0 && from->count > 0) {
        struct order *newest = &from->order[from->count - 1];
        unsigned taken = nodes < newest->nodes ? nodes : newest->nodes;
        remember(orders, arriving, now_ms, newest, taken);
        newest->nodes -= taken;
        nodes -= taken;
        if (newest->nodes == 0)
            from->count--;
    }
    return nodes;
}

/* ---- placing and withdrawing ---- */

void orders_place(struct orders *orders, int64_t now_ms, unsigned current, unsigned desired)
{
    if (desired > current)
        append(&orders->arriving, now_ms, take_back(orders, false, now_ms, desired - current));
    else
        append(&orders->leaving, now_ms, take_back(orders, true, now_ms, current - desired));
}

static void withdraw(struct order_list *list, int64_t since_ms)
{
    while (list->count > 0 && list->order[list->count - 1].time_ms >= since_ms)
        list->count--;
}

void orders_withdraw(struct orders *orders, int64_t since_ms)
{
    withdraw(&orders->arriving, since_ms);
    withdraw(&orders->leaving, since_ms);
    while (orders->taken_count > 0 && orders->taken[orders->taken_count - 1].time_ms >= since_ms) {
        const struct order_taken *last = &orders->taken[--orders->taken_count];
        if (last->order.time_ms < since_ms)
            append(list_of(orders, last->arriving), last->order.time_ms, last->order.nodes);
    }
}

/* ---- fulfilling and giving up ---- */

static void learn_lead(struct orders *orders, int64_t lead_ms)
{
    orders->lead_ms[orders->lead_next] = lead_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)lead_ms;
    orders->lead_next = (orders->lead_next + 1) % LEAD_TIMES_MAX;
    if (orders->lead_count < LEAD_TIMES_MAX)
        orders->lead_count++;
}

/* Nodes joined or left although the order for that had been taken back: it has come about, so there is that much less
 * to restore. */
static void forget_taken(struct orders *orders, bool arriving, unsigned nodes)
{
    unsigned count = 0;

    for (unsigned i = 0; i < orders->taken_count; i++) {
        struct order_taken taken = orders->taken[i];
        if (taken.arriving == arriving) {
            unsigned gone = nodes < taken.order.nodes ? nodes : taken.order.nodes;
            taken.order.nodes -= gone;
            nodes -= gone;
        }
        if (taken.order.nodes > 0)
            orders->taken[count++] = taken;
    }
    orders->taken_count = count;
}

void orders_fulfil(struct orders *orders, int64_t now_ms, unsigned joined, unsigned left)
{
    for (; joined > 0 && orders->arriving.count > 0; joined--) {
        struct order *oldest = &orders->arriving.order[0];
        learn_lead(orders, now_ms - oldest->time_ms);
        if (--oldest->nodes == 0)
            drop_first(&orders->arriving);
    }
    for (; left > 0 && orders->leaving.count > 0; left--)
        if (--orders->leaving.order[0].nodes == 0)
            drop_first(&orders->leaving);
    forget_taken(orders, true, joined);
    forget_taken(orders, false, left);
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

unsigned orders_expire(struct orders *orders, int64_t now_ms, int64_t after_ms)
{
    (void)expire(&orders->leaving, now_ms - after_ms);
    return expire(&orders->arriving, now_ms - after_ms);
}

/* ---- lead times ---- */

int64_t orders_lead_ms(const struct orders *orders, int64_t assumed_ms)
{
    uint32_t sorted[LEAD_TIMES_MAX];

    if (orders->lead_count < LEAD_TIMES_MIN)
        return assumed_ms;
    memcpy(sorted, orders->lead_ms, orders->lead_count * sizeof *sorted);
    qsort(sorted, orders->lead_count, sizeof *sorted, compare_u32);
    return sorted[(orders->lead_count * LEAD_PERCENT + 99) / 100 - 1];
}

int64_t orders_longest_lead_ms(const struct orders *orders)
{
    int64_t longest = 0;

    for (unsigned i = 0; i < orders->lead_count; i++)
        if (orders->lead_ms[i] > longest)
            longest = orders->lead_ms[i];
    return longest;
}
