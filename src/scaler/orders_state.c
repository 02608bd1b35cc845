#include "scaler/orders_state.h"

#include "common/limits.h"
#include "scaler/sizing.h"

/* ---- writing ---- */

static void put_orders(struct state_text *out, const char *name, const struct order_list *list)
{
    int64_t times[ORDERS_MAX];
    unsigned nodes[ORDERS_MAX];

    for (unsigned i = 0; i < list->count; i++) {
        times[i] = list->order[i].time_ms;
        nodes[i] = list->order[i].nodes;
    }
    state_put_array(out, name, times, list->count, sizeof *times);
    state_put_array(out, "nodes", nodes, list->count, sizeof *nodes);
}

/* Three arrays: when each was cancelled, when it was ordered, and how many nodes, negative for nodes to leave. */
static void put_taken(struct state_text *out, const struct orders *orders)
{
    int64_t times[ORDERS_MAX];
    int64_t ordered[ORDERS_MAX];
    int64_t nodes[ORDERS_MAX];

    for (unsigned i = 0; i < orders->taken_count; i++) {
        const struct order_taken *taken = &orders->taken[i];
        times[i] = taken->time_ms;
        ordered[i] = taken->order.time_ms;
        nodes[i] = taken->arriving ? taken->order.nodes : -(int64_t)taken->order.nodes;
    }
    state_put_array(out, "taken-back", times, orders->taken_count, sizeof *times);
    state_put_array(out, "ordered", ordered, orders->taken_count, sizeof *ordered);
    state_put_array(out, "nodes", nodes, orders->taken_count, sizeof *nodes);
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
    put_taken(out, orders);
    put_leads(out, orders);
}

/* ---- reading ---- */

static bool get_orders(struct state_cursor *cursor, const char *name, int64_t latest_ms, struct order_list *list)
{
    int64_t times[ORDERS_MAX];
    unsigned nodes[ORDERS_MAX];
    unsigned count = 0;

    if (!state_get_times(cursor, name, latest_ms, times, ORDERS_MAX, &list->count) ||
        !state_get_array(cursor, "nodes", nodes, ORDERS_MAX, sizeof *nodes, &count) || count != list->count)
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (nodes[i] == 0 || nodes[i] > SIZING_NODES_MAX)
            return false;
        list->order[i] = (struct order){.time_ms = times[i], .nodes = nodes[i]};
    }
    return true;
}

static bool get_taken_back(struct state_cursor *cursor, int64_t latest_ms, struct orders *orders)
{
    int64_t times[ORDERS_MAX];
    int64_t ordered[ORDERS_MAX];
    int64_t nodes[ORDERS_MAX];
    unsigned count = 0;

    if (!state_get_times(cursor, "taken-back", latest_ms, times, ORDERS_MAX, &orders->taken_count) ||
        !state_get_array(cursor, "ordered", ordered, ORDERS_MAX, sizeof *ordered, &count) ||
        count != orders->taken_count || !state_get_array(cursor, "nodes", nodes, ORDERS_MAX, sizeof *nodes, &count) ||
        count != orders->taken_count)
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (ordered[i] < -STATE_MS_MAX || ordered[i] > times[i] || nodes[i] == 0 || nodes[i] > SIZING_NODES_MAX ||
            nodes[i] < -(int64_t)SIZING_NODES_MAX)
            return false;
        orders->taken[i] = (struct order_taken){
            .order = {.time_ms = ordered[i], .nodes = (unsigned)(nodes[i] > 0 ? nodes[i] : -nodes[i])},
            .arriving = nodes[i] > 0,
            .time_ms = times[i],
        };
    }
    return true;
}

static bool get_leads(struct state_cursor *cursor, struct orders *orders)
{
    if (!state_get_array(cursor, "leads", orders->lead_ms, LEAD_TIMES_MAX, sizeof *orders->lead_ms,
                         &orders->lead_count))
        return false;
    orders->lead_next = orders->lead_count % LEAD_TIMES_MAX;
    return true;
}

bool orders_load(struct orders *orders, int64_t latest_ms, struct state_cursor *cursor)
{
    return get_orders(cursor, "arriving", latest_ms, &orders->arriving) &&
           get_orders(cursor, "leaving", latest_ms, &orders->leaving) && get_taken_back(cursor, latest_ms, orders) &&
           get_leads(cursor, orders);
}

/* ---- moving ---- */

static void shift_list(struct order_list *list, int64_t shift_ms)
{
    for (unsigned i = 0; i < list->count; i++)
        list->order[i].time_ms += shift_ms;
}

void orders_shift(struct orders *orders, int64_t shift_ms)
{
    shift_list(&orders->arriving, shift_ms);
    shift_list(&orders->leaving, shift_ms);
    for (unsigned i = 0; i < orders->taken_count; i++) {
        orders->taken[i].time_ms += shift_ms;
        orders->taken[i].order.time_ms += shift_ms;
    }
}
