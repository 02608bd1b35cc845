#include "scaler/orders_state.h"

#include "common/limits.h"
#include "scaler/sizing.h"

#define LEAD_TIMES_READ 32U /* of version 3 */

/* ---- writing ---- */

static void put_orders(struct state_text *out, const char *name, const struct order_list *list)
{
    int64_t times[ORDERS_MAX];
    int64_t stated[ORDERS_MAX];
    unsigned nodes[ORDERS_MAX];

    for (unsigned i = 0; i < list->count; i++) {
        times[i] = list->order[i].time_ms;
        stated[i] = list->order[i].stated_ms;
        nodes[i] = list->order[i].nodes;
    }
    state_put_array(out, name, times, list->count, sizeof *times);
    state_put_array(out, "stated", stated, list->count, sizeof *stated);
    state_put_array(out, "nodes", nodes, list->count, sizeof *nodes);
}

static void put_leads(struct state_text *out, const struct orders *orders)
{
    uint32_t leads[LEAD_TIMES_MAX];

    for (unsigned i = 0; i < orders->lead_count; i++)
        leads[i] = orders->lead_ms[(orders->lead_next + LEAD_TIMES_MAX - orders->lead_count + i) % LEAD_TIMES_MAX];
    state_put_array(out, "leads", leads, orders->lead_count, sizeof *leads);
}

void orders_save(const struct orders *orders, struct state_text *out)
{
    put_orders(out, "arriving", &orders->arriving);
    put_orders(out, "leaving", &orders->leaving);
    put_leads(out, orders);
}

/* ---- reading ---- */

/* Without the array of version 3, an order was stated once. */
static bool get_stated(struct state_cursor *cursor, int64_t latest_ms, unsigned version, struct order_list *list)
{
    int64_t stated[ORDERS_MAX];

    if (version > 3 && !state_get_exactly(cursor, "stated", stated, list->count, sizeof *stated))
        return false;
    for (unsigned i = 0; i < list->count; i++) {
        struct order *order = &list->order[i];
        order->stated_ms = version > 3 ? stated[i] : order->time_ms;
        if (order->stated_ms < order->time_ms || order->stated_ms > latest_ms)
            return false;
    }
    return true;
}

static bool get_orders(struct state_cursor *cursor, const char *name, int64_t latest_ms, unsigned version,
                       struct order_list *list)
{
    int64_t times[ORDERS_MAX];
    unsigned nodes[ORDERS_MAX];

    if (!state_get_times(cursor, name, latest_ms, times, ORDERS_MAX, &list->count))
        return false;
    for (unsigned i = 0; i < list->count; i++)
        list->order[i].time_ms = times[i];
    if (!get_stated(cursor, latest_ms, version, list) ||
        !state_get_exactly(cursor, "nodes", nodes, list->count, sizeof *nodes))
        return false;
    for (unsigned i = 0; i < list->count; i++) {
        if (nodes[i] == 0 || nodes[i] > SIZING_NODES_MAX)
            return false;
        list->order[i].nodes = nodes[i];
    }
    return true;
}

/* Version 3 remembered what newer orders had taken back. An order now takes nothing back. */
static bool skip_taken_back(struct state_cursor *cursor)
{
    int64_t values[ORDERS_MAX];
    unsigned count = 0;

    return state_get_array(cursor, "taken-back", values, ORDERS_MAX, sizeof *values, &count) &&
           state_get_exactly(cursor, "ordered", values, count, sizeof *values) &&
           state_get_exactly(cursor, "nodes", values, count, sizeof *values);
}

/* Version 3 had room for more: the newest stay. */
static bool get_leads(struct state_cursor *cursor, struct orders *orders)
{
    uint32_t leads[LEAD_TIMES_READ];
    unsigned count = 0;

    if (!state_get_array(cursor, "leads", leads, LEAD_TIMES_READ, sizeof *leads, &count))
        return false;
    for (unsigned i = 0; i < count; i++)
        orders_learn_lead(orders, leads[i]);
    return true;
}

bool orders_load(struct orders *orders, int64_t latest_ms, unsigned version, struct state_cursor *cursor)
{
    return get_orders(cursor, "arriving", latest_ms, version, &orders->arriving) &&
           get_orders(cursor, "leaving", latest_ms, version, &orders->leaving) &&
           (version > 3 || skip_taken_back(cursor)) && get_leads(cursor, orders);
}

/* ---- moving ---- */

static void shift_list(struct order_list *list, int64_t shift_ms)
{
    for (unsigned i = 0; i < list->count; i++) {
        list->order[i].time_ms += shift_ms;
        list->order[i].stated_ms += shift_ms;
    }
}

void orders_shift(struct orders *orders, int64_t shift_ms)
{
    shift_list(&orders->arriving, shift_ms);
    shift_list(&orders->leaving, shift_ms);
}
