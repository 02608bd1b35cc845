/* As Prometheus reads it: text format 0.0.4, base units, all lines of a family together. */
#include "collector/answer_parts.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct family {
    const char *name;
    const char *type;
    const char *help;
    void (*put)(struct answer *answer, const struct family *family); /* of the collector */
    void (*put_group)(struct answer *answer, const struct family *family,
                      const struct group *group); /* of each group */
};

/* The family's name once more, with these labels; the value follows. */
static void put_name(struct piece *piece, const struct family *family)
{
    piece_put(piece, family->name);
    piece_put(piece, " ");
}

static void put_line(struct piece *piece, const struct family *family, double value)
{
    put_name(piece, family);
    piece_put_number(piece, value, 6);
    piece_put(piece, "\n");
}

static void put_count(struct piece *piece, const struct family *family, uint64_t count)
{
    put_name(piece, family);
    piece_put_unsigned(piece, count);
    piece_put(piece, "\n");
}

static void put_labelled(struct piece *piece, const struct family *family, const char *label, const char *value,
                         uint64_t count)
{
    piece_putf(piece, "%s{%s=\"%s\"} ", family->name, label, value);
    piece_put_unsigned(piece, count);
    piece_put(piece, "\n");
}

/* ---- the collector ---- */

#define PUT(what, expression)                                                                                          \
    static void put_##what(struct answer *answer, const struct family *family)                                         \
    {                                                                                                                  \
        const struct http_world *world = answer->world;                                                                \
        put_count(&answer->piece, family, expression);                                                                 \
    }

PUT(agents, *world->agents)
PUT(received, world->hub->account.samples)
PUT(stored, world->hub->account.samples - world->hub->backlog->count[0] - world->hub->backlog->count[1])
PUT(waiting, (uint64_t)world->hub->backlog->count[0] + world->hub->backlog->count[1])
PUT(duplicates, world->hub->account.duplicates)
PUT(bad_values, world->hub->account.bad_values)
PUT(ended, world->hub->account.ended)
PUT(rejected, world->hub->account.rejected)
PUT(held, world->hub->held)
PUT(clocks_off, world->survey->done.clocks_off)
PUT(http_connections, world->process.http_connections)
PUT(http_requests, world->process.http_requests)
PUT(http_refusals, world->process.http_refusals)
PUT(resident, world->process.resident_bytes)

static void put_build(struct answer *answer, const struct family *family)
{
    put_labelled(&answer->piece, family, "version", HEADROOM_VERSION, 1);
}

static void put_missing(struct answer *answer, const struct family *family)
{
    for (unsigned reason = 0; reason < GAP_REASON_COUNT; reason++)
        put_labelled(&answer->piece, family, "reason", gap_reason_names[reason],
                     answer->world->hub->account.missing[reason]);
}

static void put_agent_samples(struct answer *answer, const struct family *family)
{
    const struct agent_account *account = &answer->world->survey->done.account;
    const struct {
        const char *state;
        uint64_t samples;
    } states[] = {
        {"produced", account->produced},
        {"acknowledged", account->acknowledged},
        {"dropped_outbox_full", account->dropped_outbox_full},
        {"dropped_rejected", account->dropped_rejected},
        {"dropped_spool_damaged", account->dropped_spool_damaged},
        {"waiting", agent_account_waiting(account)},
        {"gone", account->gone},
    };

    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        put_labelled(&answer->piece, family, "state", states[i].state, states[i].samples);
}

static void put_nodes(struct answer *answer, const struct family *family)
{
    for (int i = NODE_NEW; i <= NODE_GONE; i++)
        put_labelled(&answer->piece, family, "state", liveness_names[i], answer->world->survey->done.nodes[i]);
}

static void put_cpu(struct answer *answer, const struct family *family)
{
    put_line(&answer->piece, family, answer->world->process.cpu_seconds);
}

static void put_started(struct answer *answer, const struct family *family)
{
    put_line(&answer->piece, family, (double)answer->world->process.started_wall_ms / 1000.0);
}

static void put_histogram(struct piece *piece, const struct family *family, const struct histogram *histogram,
                          double per_second)
{
    static const double bounds[] = {0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5};

    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        piece_putf(piece, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", family->name, bounds[i],
                   histogram_up_to(histogram, (uint64_t)(bounds[i] * per_second)));
    piece_putf(piece, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum ", family->name, histogram->count, family->name);
    piece_put_number(piece, (double)histogram->sum / per_second, 6);
    piece_putf(piece, "\n%s_count %" PRIu64 "\n", family->name, histogram->count);
}

static void put_loop(struct answer *answer, const struct family *family)
{
    put_histogram(&answer->piece, family, answer->world->turns_us, 1e6);
}

static void put_store(struct answer *answer, const struct family *family)
{
    put_histogram(&answer->piece, family, answer->world->stored_ms, 1e3);
}

/* ---- groups ---- */

static const struct board_group *board_of(const struct answer *answer, const struct group *group)
{
    return &answer->world->board->groups[group->index];
}

static const struct scaler_settings *settings_of(const struct answer *answer, const struct group *group)
{
    return collector_config_group(answer->world->config, group->name);
}

/* Nothing at all for what is not known. */
static void put_of_group(struct piece *piece, const struct family *family, const struct group *group, const char *label,
                         const char *value, double number)
{
    if (!isfinite(number))
        return;
    piece_putf(piece, "%s{group=\"%s\"", family->name, group->name);
    if (label != NULL)
        piece_putf(piece, ",%s=\"%s\"", label, value);
    piece_put(piece, "} ");
    piece_put_number(piece, number, 6);
    piece_put(piece, "\n");
}

static void put_group_nodes(struct answer *answer, const struct family *family, const struct group *group)
{
    const struct survey_group *now = &answer->world->survey->done.groups[group->index];

    for (int i = NODE_NEW; i <= NODE_GONE; i++)
        put_of_group(&answer->piece, family, group, "state", liveness_names[i], now->nodes[i]);
}

#define PUT_RESOURCES(what, expression)                                                                                \
    static void put_group_##what(struct answer *answer, const struct family *family, const struct group *group)        \
    {                                                                                                                  \
        const struct survey_group *now = &answer->world->survey->done.groups[group->index];                            \
        for (unsigned r = 0; r < RESOURCE_COUNT; r++) {                                                                \
            double demand = now->resource[r].demand;                                                                   \
            double capacity = now->resource[r].capacity;                                                               \
            (void)demand;                                                                                              \
            put_of_group(&answer->piece, family, group, "resource", resource_names[r],                                 \
                         capacity > 0 ? (expression) : NAN);                                                           \
        }                                                                                                              \
    }

PUT_RESOURCES(demand, demand)
PUT_RESOURCES(capacity, capacity)
PUT_RESOURCES(utilisation, demand / capacity)

static void put_group_high(struct answer *answer, const struct family *family, const struct group *group)
{
    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        put_of_group(&answer->piece, family, group, "resource", resource_names[r],
                     settings_of(answer, group)->thresholds[r].high);
}

#define PUT_GROUP(what, expression)                                                                                    \
    static void put_group_##what(struct answer *answer, const struct family *family, const struct group *group)        \
    {                                                                                                                  \
        const struct board_group *board = board_of(answer, group);                                                     \
        const struct scaler_settings *settings = settings_of(answer, group);                                           \
        (void)board;                                                                                                   \
        (void)settings;                                                                                                \
        put_of_group(&answer->piece, family, group, NULL, NULL, expression);                                           \
    }

PUT_GROUP(min, settings->nodes_min)
PUT_GROUP(max, settings->nodes_max)
PUT_GROUP(pending, board->decided ? (double)board->last.pending : NAN)
PUT_GROUP(lead_time, board->decided ? (double)board->last.lead_ms / 1000.0 : NAN)
PUT_GROUP(desired, board->decided && board->last.desired > 0 ? (double)board->last.desired : NAN)

/* NULL: there is none. */
static const struct forecast *forecast_of(const struct answer *answer, const struct group *group)
{
    const struct board_group *board = board_of(answer, group);
    const struct forecast *forecast = &board->last.forecast[RESOURCE_CPU];

    return board->decided && forecast->valid ? forecast : NULL;
}

static void put_group_forecast(struct answer *answer, const struct family *family, const struct group *group)
{
    const struct forecast *forecast = forecast_of(answer, group);

    if (forecast == NULL)
        return;
    put_of_group(&answer->piece, family, group, "value", "expected", forecast->expected);
    put_of_group(&answer->piece, family, group, "value", "low", forecast->low);
    put_of_group(&answer->piece, family, group, "value", "high", forecast->high);
    put_of_group(&answer->piece, family, group, "value", "sized_for", forecast->bound);
}

static void put_group_coverage(struct answer *answer, const struct family *family, const struct group *group)
{
    const struct forecast *forecast = forecast_of(answer, group);

    if (forecast != NULL)
        put_of_group(&answer->piece, family, group, NULL, NULL, forecast->coverage);
}

static void put_group_price(struct answer *answer, const struct family *family, const struct group *group)
{
    const struct forecast *forecast = forecast_of(answer, group);

    if (forecast == NULL)
        return;
    put_of_group(&answer->piece, family, group, "price", "promised", forecast->promised);
    put_of_group(&answer->piece, family, group, "price", "paid", forecast->paid);
}

static void put_group_decisions(struct answer *answer, const struct family *family, const struct group *group)
{
    for (int action = ACTION_HOLD; action <= ACTION_DOWN; action++)
        put_of_group(&answer->piece, family, group, "action", action_names[action],
                     (double)board_of(answer, group)->decisions[action]);
}

static const struct family families[] = {
    {"headroom_build_info", "gauge", "The version that runs; always 1.", put_build, NULL},
    {"headroom_agents_connected", "gauge", "Connections of agents.", put_agents, NULL},
    {"headroom_nodes", "gauge", "Known nodes by state.", put_nodes, NULL},
    {"headroom_nodes_clock_off", "gauge", "Nodes whose wall clock is off by more than 5 s.", put_clocks_off, NULL},
    {"headroom_samples_received_total", "counter", "Samples taken in.", put_received, NULL},
    {"headroom_samples_stored_total", "counter", "Samples that are on disk.", put_stored, NULL},
    {"headroom_samples_waiting", "gauge", "Samples that wait to be written.", put_waiting, NULL},
    {"headroom_samples_duplicate_total", "counter", "Samples that had come before and were left out.", put_duplicates,
     NULL},
    {"headroom_samples_missing_total", "counter", "Samples that never came and no longer can, by reason.", put_missing,
     NULL},
    {"headroom_values_impossible_total", "counter", "Values removed because they can't be true.", put_bad_values, NULL},
    {"headroom_instances_ended_total", "counter", "Runs of agents that ended without Goodbye.", put_ended, NULL},
    {"headroom_connections_rejected_total", "counter", "Connections of agents that were turned away.", put_rejected,
     NULL},
    {"headroom_agent_samples", "gauge", "What the agents account for since each one's start, summed.",
     put_agent_samples, NULL},
    {"headroom_store_held", "gauge", "1 while the disk can't be written and agents keep their samples.", put_held,
     NULL},
    {"headroom_store_latency_seconds", "histogram",
     "Time from the first row of a write until its rows are stored: no sample of it waited for longer.", put_store,
     NULL},
    {"headroom_loop_turn_seconds", "histogram", "How long the event loop was held at a time.", put_loop, NULL},
    {"headroom_http_connections", "gauge", "Open HTTP connections.", put_http_connections, NULL},
    {"headroom_http_requests_total", "counter", "HTTP requests answered.", put_http_requests, NULL},
    {"headroom_http_refusals_total", "counter", "HTTP requests answered with a 4xx or 5xx status.", put_http_refusals,
     NULL},
    {"process_resident_memory_bytes", "gauge", "Resident memory.", put_resident, NULL},
    {"process_cpu_seconds_total", "counter", "CPU time of all threads.", put_cpu, NULL},
    {"process_start_time_seconds", "gauge", "When the process started, Unix time.", put_started, NULL},
    {"headroom_group_nodes", "gauge", "Nodes of a group by state.", NULL, put_group_nodes},
    {"headroom_group_demand", "gauge", "Demand by the newest samples: cores, bytes of memory, disks.", NULL,
     put_group_demand},
    {"headroom_group_capacity", "gauge", "Capacity of the live nodes: cores, bytes of memory, disks.", NULL,
     put_group_capacity},
    {"headroom_group_utilisation_ratio", "gauge", "Demand over capacity of the live nodes.", NULL,
     put_group_utilisation},
    {"headroom_group_high_ratio", "gauge", "Utilisation that is not to be exceeded.", NULL, put_group_high},
    {"headroom_group_forecast_demand_cores", "gauge",
     "Cpu demand expected at the horizon, the interval that holds 90 % of outcomes, and what is sized for.", NULL,
     put_group_forecast},
    {"headroom_group_forecast_coverage_ratio", "gauge", "Share of outcomes that were within their interval.", NULL,
     put_group_coverage},
    {"headroom_group_forecast_price", "gauge",
     "What decisions by forecast cost, as promised and as it came, in mean fleets.", NULL, put_group_price},
    {"headroom_group_pending_nodes", "gauge", "Nodes that were ordered and are not there yet.", NULL,
     put_group_pending},
    {"headroom_group_lead_time_seconds", "gauge", "Time from the order of a node to its first sample, as in use.", NULL,
     put_group_lead_time},
    {"headroom_group_desired_nodes", "gauge", "Nodes that should run.", NULL, put_group_desired},
    {"headroom_group_min_nodes", "gauge", "Fewest nodes allowed.", NULL, put_group_min},
    {"headroom_group_max_nodes", "gauge", "Most nodes allowed.", NULL, put_group_max},
    {"headroom_group_decisions_total", "counter", "Decisions that were said, by action.", NULL, put_group_decisions},
};

#define FAMILY_COUNT (sizeof families / sizeof *families)

static void put_head(struct piece *piece, const char *name, const char *type, const char *help)
{
    piece_putf(piece, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static bool put_group_item(struct answer *answer, unsigned at, bool first)
{
    const struct family *family = &families[answer->step];

    if (first)
        put_head(&answer->piece, family->name, family->type, family->help);
    family->put_group(answer, family, answer->world->registry->groups[at]);
    return true;
}

static bool put_family(struct answer *answer, unsigned at, bool first)
{
    const struct family *family = &families[at];

    (void)first;
    put_head(&answer->piece, family->name, family->type, family->help);
    family->put(answer, family);
    return true;
}

/* One family: false when the piece is full. */
static bool make_family(struct answer *answer)
{
    if (families[answer->step].put_group != NULL)
        return answer_put_items(answer, answer->world->registry->group_count, put_group_item);
    answer->at = answer->step;
    return answer_put_items(answer, answer->step + 1, put_family);
}

void answer_make_metrics(struct answer *answer)
{
    while (answer->step < FAMILY_COUNT) {
        if (!make_family(answer))
            return;
        answer->step++;
        answer->at = 0;
        answer->count = 0;
    }
    answer->done = true;
}

/* ---- nodes ---- */

/* METRIC_COUNT families, and before them: */
enum { NODES_UP, NODES_AGE, NODES_METRICS };

static const char *const node_names[METRIC_COUNT] = {
#define NODE_METRIC_PERCENT(field)             "headroom_node_" field "_ratio"
#define NODE_METRIC_GAUGE(field)               "headroom_node_" field
#define NODE_METRIC_COUNTER(field)             "headroom_node_" field "_bytes_total"
#define NODE_NAME(symbol, field, column, kind) NODE_##kind(column),
    METRICS(NODE_NAME)};

static void put_node_head(struct piece *piece, unsigned family)
{
    if (family == NODES_UP) {
        put_head(piece, "headroom_node_up", "gauge", "1 for a node with a recent sample.");
    } else if (family == NODES_AGE) {
        put_head(piece, "headroom_node_age_seconds", "gauge", "Age of the node's newest sample.");
    } else {
        unsigned metric = family - NODES_METRICS;
        bool counter = metric_table[metric].kind == METRIC_COUNTER;
        put_head(piece, node_names[metric], counter ? "counter" : "gauge",
                 metric_table[metric].kind == METRIC_PERCENT ? "Share of 1, of live nodes."
                 : counter                                   ? "Since some start of the node, of live nodes."
                                                             : "Of live nodes.");
    }
}

static bool put_node_value(struct answer *answer, const struct node *node, unsigned family, bool live)
{
    struct piece *piece = &answer->piece;
    unsigned metric = family - NODES_METRICS;
    double value = NAN;
    uint64_t counter = 0;

    if (family == NODES_UP)
        value = live;
    else if (family == NODES_AGE)
        value = (double)(answer->when.now_ms - node->seen_ms) / 1000.0;
    else if (!live || node->ring.count == 0)
        return false;
    else if (metric_table[metric].kind != METRIC_COUNTER)
        value = ring_value(&node->ring, node->ring.count - 1, metric) /
                (metric_table[metric].kind == METRIC_PERCENT ? 100.0 : 1.0);
    else if (ring_last_counter(&node->ring, metric, &counter))
        value = (double)counter;
    if (isnan(value))
        return false;
    piece_put(piece, family == NODES_UP    ? "headroom_node_up"
                     : family == NODES_AGE ? "headroom_node_age_seconds"
                                           : node_names[metric]);
    piece_put(piece, "{group=\"");
    piece_put(piece, node->group != NULL ? node->group->name : "");
    piece_put(piece, "\",node=\"");
    piece_put(piece, node->id);
    piece_put(piece, "\"} ");
    piece_put_number(piece, value, 4);
    piece_put(piece, "\n");
    return true;
}

static bool put_node_item(struct answer *answer, unsigned at, bool first)
{
    const struct node *node = answer->world->registry->nodes[at];
    enum liveness liveness = registry_liveness(node, answer->when.now_ms, answer->world->config->gone_ms);

    if (liveness == NODE_GONE || liveness == NODE_NEW)
        return false;
    size_t mark = answer->piece.len;
    if (first)
        put_node_head(&answer->piece, answer->step);
    if (put_node_value(answer, node, answer->step, liveness == NODE_LIVE))
        return true;
    if (!answer->piece.full)
        piece_cut(&answer->piece, mark);
    return false;
}

void answer_make_metrics_nodes(struct answer *answer)
{
    while (answer->step < NODES_METRICS + METRIC_COUNT) {
        if (!answer_put_items(answer, answer->world->registry->node_count, put_node_item))
            return;
        answer->step++;
        answer->at = 0;
        answer->count = 0;
    }
    answer->done = true;
}
