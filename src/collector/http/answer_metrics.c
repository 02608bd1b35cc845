/* As Prometheus reads it: text format 0.0.4, base units, all lines of a family together. */
#include "collector/http/answer_parts.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct family {
    const char *name;
    const char *type;
    const char *help;
    bool of_groups; /* a line or more for each group; else group is NULL */
    void (*put)(struct answer *answer, const struct family *family, const struct group *group);
};

/* One line. Nothing at all for what is not known. label may be NULL. */
static void put_value(struct answer *answer, const struct family *family, const struct group *group, const char *label,
                      const char *value, double number)
{
    struct writer *writer = &answer->writer;

    if (!isfinite(number))
        return;
    writer_put(writer, family->name);
    if (group != NULL) {
        writer_put(writer, "{group=\"");
        writer_put(writer, group->name);
    }
    if (label != NULL) {
        writer_put(writer, group != NULL ? "\"," : "{");
        writer_put(writer, label);
        writer_put(writer, "=\"");
        writer_put(writer, value);
    }
    writer_put(writer, group != NULL || label != NULL ? "\"} " : " ");
    writer_put_number(writer, number, 6);
    writer_put(writer, "\n");
}

/* What the values are taken from. */
struct source {
    const struct http_world *world;
    const struct intake_hub *hub;
    const struct fleet_counts_result *fleet;
    const struct fleet_counts_group *now; /* of a group, from here on */
    const struct decision_history_group *board;
    const struct scaler_settings *settings;
    const struct forecast *forecast; /* NULL: there is none */
};

static struct source of_collector(const struct answer *answer, const struct group *none)
{
    const struct http_world *world = answer->world;

    (void)none;
    return (struct source){.world = world, .hub = world->hub, .fleet = &world->survey->done};
}

static struct source of_group(const struct answer *answer, const struct group *group)
{
    struct source from = of_collector(answer, NULL);

    from.now = &from.fleet->groups[group->index];
    from.board = &from.world->board->groups[group->index];
    from.settings = collector_config_group(from.world->config, group->name);
    if (from.board->decided && from.board->last.forecast[RESOURCE_CPU].valid)
        from.forecast = &from.board->last.forecast[RESOURCE_CPU];
    return from;
}

/* A family of one value, or of one for each of the names; the expression is of `from`, which is of the collector or of
 * a group, and of i. */
#define PUT_EACH(whose, what, label, names, count, expression)                                                         \
    static void put_##what(struct answer *answer, const struct family *family, const struct group *group)              \
    {                                                                                                                  \
        const struct source from = of_##whose(answer, group);                                                          \
        for (unsigned i = 0; i < (count); i++)                                                                         \
            put_value(answer, family, group, label, (names)[i], (double)(expression));                                 \
    }

#define PUT(whose, what, expression)                                                                                   \
    static void put_##what(struct answer *answer, const struct family *family, const struct group *group)              \
    {                                                                                                                  \
        const struct source from = of_##whose(answer, group);                                                          \
        put_value(answer, family, group, NULL, NULL, (double)(expression));                                            \
    }

/* ---- the collector ---- */

static const char *const batch_forms[] = {"scanned", "decoded"};

PUT(collector, agents, *from.world->agents)
PUT_EACH(collector, nodes, "state", liveness_names, NODE_GONE + 1U, from.fleet->nodes[i])
PUT(collector, clocks_off, from.fleet->clocks_off)
PUT_EACH(collector, batches, "form", batch_forms, 2U,
         i == 0 ? from.hub->account.batches_scanned : from.hub->account.batches_decoded)
PUT(collector, received, from.hub->account.samples)
PUT(collector, stored, from.hub->account.samples - backlog_rows(from.hub->backlog))
PUT(collector, waiting, backlog_rows(from.hub->backlog))
PUT(collector, duplicates, from.hub->account.duplicates)
PUT_EACH(collector, missing, "reason", gap_reason_names, GAP_REASON_COUNT, from.hub->account.missing[i])
PUT(collector, bad_values, from.hub->account.bad_values)
PUT(collector, ended, from.hub->account.ended)
PUT(collector, rejected, from.hub->account.rejected)
PUT(collector, acks, from.hub->account.acks)
PUT(collector, held, from.hub->held)
PUT(collector, http_connections, from.world->process.http_connections)
PUT(collector, http_requests, from.world->process.http_requests)
PUT(collector, http_refusals, from.world->process.http_refusals)
PUT(collector, resident, from.world->process.resident_bytes)
PUT(collector, cpu, from.world->process.cpu_seconds)
PUT(collector, started, (double)from.world->process.started_wall_ms / 1000.0)

static void put_build(struct answer *answer, const struct family *family, const struct group *group)
{
    put_value(answer, family, group, "version", HEADROOM_VERSION, 1);
}

static void put_agent_samples(struct answer *answer, const struct family *family, const struct group *group)
{
    const struct agent_account *account = &answer->world->survey->done.account;
    const struct {
        const char *state;
        uint64_t samples;
    } states[] = {
        {"produced", account->produced},
        {"sent", account->sent},
        {"acknowledged", account->acknowledged},
        {"dropped_outbox_full", account->dropped_outbox_full},
        {"dropped_rejected", account->dropped_rejected},
        {"dropped_spool_damaged", account->dropped_spool_damaged},
        {"waiting", agent_account_waiting(account)},
        {"gone", account->gone},
    };

    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        put_value(answer, family, group, "state", states[i].state, (double)states[i].samples);
}

static void put_histogram(struct writer *writer, const struct family *family, const struct histogram *histogram,
                          double per_second)
{
    static const double bounds[] = {0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.0075, 0.01, 0.025,
                                    0.05,   0.1,    0.25,  0.5,    1,     2.5,    5};

    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        writer_putf(writer, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", family->name, bounds[i],
                    histogram_up_to(histogram, (uint64_t)(bounds[i] * per_second)));
    writer_putf(writer, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum ", family->name, histogram->count, family->name);
    writer_put_number(writer, (double)histogram->sum / per_second, 6);
    writer_putf(writer, "\n%s_count %" PRIu64 "\n", family->name, histogram->count);
}

#define PUT_HISTOGRAM(what, histogram, per_second)                                                                     \
    static void put_##what(struct answer *answer, const struct family *family, const struct group *group)              \
    {                                                                                                                  \
        (void)group;                                                                                                   \
        put_histogram(&answer->writer, family, answer->world->histogram, per_second);                                  \
    }

PUT_HISTOGRAM(loop, turns_us, 1e6)
PUT_HISTOGRAM(store, stored_ms, 1e3)
PUT_HISTOGRAM(syncs, syncs_us, 1e6)

/* ---- groups ---- */

static double demand_of(const struct source *from, unsigned resource)
{
    return from->now->resource[resource].capacity > 0 ? from->now->resource[resource].demand : NAN;
}

static double capacity_of(const struct source *from, unsigned resource)
{
    return from->now->resource[resource].capacity > 0 ? from->now->resource[resource].capacity : NAN;
}

static double decided(const struct source *from, double number)
{
    return from->board->decided ? number : NAN;
}

static const char *const forecast_values[] = {"expected", "low", "high", "sized_for"};
static const char *const price_names[] = {"promised", "paid"};

static double forecast_value(const struct source *from, unsigned i)
{
    const struct forecast *f = from->forecast;

    return f == NULL ? NAN : i == 0 ? f->expected : i == 1 ? f->low : i == 2 ? f->high : f->bound;
}

PUT_EACH(group, group_nodes, "state", liveness_names, NODE_GONE + 1U, from.now->nodes[i])
PUT_EACH(group, group_demand, "resource", resource_names, RESOURCE_COUNT, demand_of(&from, i))
PUT_EACH(group, group_capacity, "resource", resource_names, RESOURCE_COUNT, capacity_of(&from, i))
PUT_EACH(group, group_utilisation, "resource", resource_names, RESOURCE_COUNT,
         demand_of(&from, i) / capacity_of(&from, i))
PUT_EACH(group, group_high, "resource", resource_names, RESOURCE_COUNT, from.settings->thresholds[i].high)
PUT_EACH(group, group_forecast, "value", forecast_values, 4U, forecast_value(&from, i))
PUT(group, group_coverage, from.forecast != NULL ? from.forecast->coverage : NAN)
PUT(group, group_error, decided(&from, from.board->forecast_error))
PUT_EACH(group, group_price, "price", price_names, 2U,
         from.forecast == NULL ? NAN
         : i == 0              ? from.forecast->promised
                               : from.forecast->paid)
PUT(group, group_pending, decided(&from, from.board->last.pending))
PUT(group, group_lead_time, decided(&from, (double)from.board->last.lead_ms / 1000.0))
PUT(group, group_desired, from.board->last.desired > 0 ? decided(&from, from.board->last.desired) : NAN)
PUT(group, group_min, from.settings->nodes_min)
PUT(group, group_max, from.settings->nodes_max)
PUT_EACH(group, group_decisions, "action", action_names, ACTION_DOWN + 1U, from.board->decisions[i])

static const struct family families[] = {
    {"headroom_build_info", "gauge", "The version that runs; always 1.", false, put_build},
    {"headroom_agents_connected", "gauge", "Connections of agents.", false, put_agents},
    {"headroom_nodes", "gauge", "Known nodes by state.", false, put_nodes},
    {"headroom_nodes_clock_off", "gauge", "Nodes whose wall clock is off by more than 5 s.", false, put_clocks_off},
    {"headroom_batches_received_total", "counter",
     "Batches by form: scanned, as headroom-agent sends them, or decoded, which costs more.", false, put_batches},
    {"headroom_samples_received_total", "counter", "Samples taken in.", false, put_received},
    {"headroom_samples_stored_total", "counter", "Samples that are on disk.", false, put_stored},
    {"headroom_samples_waiting", "gauge", "Samples that wait to be written.", false, put_waiting},
    {"headroom_samples_duplicate_total", "counter", "Samples that had come before and were left out.", false,
     put_duplicates},
    {"headroom_samples_missing_total", "counter", "Samples that never came and no longer can, by reason.", false,
     put_missing},
    {"headroom_values_impossible_total", "counter", "Values removed because they can't be true.", false,
     put_bad_values},
    {"headroom_instances_ended_total", "counter", "Runs of agents that ended without Goodbye.", false, put_ended},
    {"headroom_connections_rejected_total", "counter", "Connections of agents that were turned away.", false,
     put_rejected},
    {"headroom_acks_sent_total", "counter", "Acks to agents: samples are on disk, and more may come.", false, put_acks},
    {"headroom_agent_samples", "gauge", "What the agents account for since each one's start, summed.", false,
     put_agent_samples},
    {"headroom_store_held", "gauge", "1 while the disk can't be written and agents keep their samples.", false,
     put_held},
    {"headroom_store_latency_seconds", "histogram",
     "Time from the first row of a write until its rows are stored: no sample of it waited for longer.", false,
     put_store},
    {"headroom_store_sync_seconds", "histogram", "How long each fdatasync of metrics.csv took.", false, put_syncs},
    {"headroom_loop_turn_seconds", "histogram", "How long the event loop was held at a time.", false, put_loop},
    {"headroom_http_connections", "gauge", "Open HTTP connections.", false, put_http_connections},
    {"headroom_http_requests_total", "counter", "HTTP requests answered.", false, put_http_requests},
    {"headroom_http_refusals_total", "counter", "HTTP requests answered with a 4xx or 5xx status.", false,
     put_http_refusals},
    {"process_resident_memory_bytes", "gauge", "Resident memory.", false, put_resident},
    {"process_cpu_seconds_total", "counter", "CPU time of all threads.", false, put_cpu},
    {"process_start_time_seconds", "gauge", "When the process started, Unix time.", false, put_started},
    {"headroom_group_nodes", "gauge", "Nodes of a group by state.", true, put_group_nodes},
    {"headroom_group_demand", "gauge", "Demand by the newest samples: cores, bytes of memory, disks.", true,
     put_group_demand},
    {"headroom_group_capacity", "gauge", "Capacity of the live nodes: cores, bytes of memory, disks.", true,
     put_group_capacity},
    {"headroom_group_utilisation_ratio", "gauge", "Demand over capacity of the live nodes.", true,
     put_group_utilisation},
    {"headroom_group_high_ratio", "gauge", "Utilisation that is not to be exceeded.", true, put_group_high},
    {"headroom_group_forecast_demand_cores", "gauge",
     "Cpu demand expected at the horizon, the interval that holds 90 % of outcomes, and what is sized for.", true,
     put_group_forecast},
    {"headroom_group_forecast_coverage_ratio", "gauge", "Share of outcomes that were within their interval.", true,
     put_group_coverage},
    {"headroom_group_forecast_error_cores", "gauge",
     "Cpu demand at the last tick, less what was forecast for it one horizon ago.", true, put_group_error},
    {"headroom_group_forecast_price", "gauge",
     "What decisions by forecast cost, as promised and as it came, in mean fleets.", true, put_group_price},
    {"headroom_group_pending_nodes", "gauge", "Nodes that were ordered and are not there yet.", true,
     put_group_pending},
    {"headroom_group_lead_time_seconds", "gauge", "Time from the order of a node to its first sample, as in use.", true,
     put_group_lead_time},
    {"headroom_group_desired_nodes", "gauge", "Nodes that should run.", true, put_group_desired},
    {"headroom_group_min_nodes", "gauge", "Fewest nodes allowed.", true, put_group_min},
    {"headroom_group_max_nodes", "gauge", "Most nodes allowed.", true, put_group_max},
    {"headroom_group_decisions_total", "counter", "Decisions that were said, by action.", true, put_group_decisions},
};

#define FAMILY_COUNT (sizeof families / sizeof *families)

static void put_head(struct writer *writer, const char *name, const char *type, const char *help)
{
    writer_putf(writer, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static bool put_item(struct answer *answer, unsigned at, bool first)
{
    const struct family *family = &families[answer->step];

    if (first)
        put_head(&answer->writer, family->name, family->type, family->help);
    family->put(answer, family, family->of_groups ? answer->world->registry->groups[at] : NULL);
    return true;
}

void answer_make_metrics(struct answer *answer)
{
    while (answer->step < FAMILY_COUNT) {
        unsigned lines = families[answer->step].of_groups ? answer->world->registry->group_count : 1;
        if (!answer_put_items(answer, lines, put_item))
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

static void put_node_head(struct writer *writer, unsigned family)
{
    if (family == NODES_UP) {
        put_head(writer, "headroom_node_up", "gauge", "1 for a node with a recent sample.");
    } else if (family == NODES_AGE) {
        put_head(writer, "headroom_node_age_seconds", "gauge", "Age of the node's newest sample.");
    } else {
        unsigned metric = family - NODES_METRICS;
        bool counter = metric_table[metric].kind == METRIC_COUNTER;
        put_head(writer, node_names[metric], counter ? "counter" : "gauge",
                 metric_table[metric].kind == METRIC_PERCENT ? "Share of 1, of live nodes."
                 : counter                                   ? "Since some start of the node, of live nodes."
                                                             : "Of live nodes.");
    }
}

static bool put_node_value(struct answer *answer, const struct node *node, unsigned family, bool live)
{
    struct writer *writer = &answer->writer;
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
    writer_put(writer, family == NODES_UP    ? "headroom_node_up"
                       : family == NODES_AGE ? "headroom_node_age_seconds"
                                             : node_names[metric]);
    writer_put(writer, "{group=\"");
    writer_put(writer, node->group != NULL ? node->group->name : "");
    writer_put(writer, "\",node=\"");
    writer_put(writer, node->id);
    writer_put(writer, "\"} ");
    writer_put_number(writer, value, 4);
    writer_put(writer, "\n");
    return true;
}

static bool put_node_item(struct answer *answer, unsigned at, bool first)
{
    const struct node *node = answer->world->registry->nodes[at];
    enum liveness liveness = registry_liveness(node, answer->when.now_ms, answer->world->config->gone_ms);

    if (liveness == NODE_GONE || liveness == NODE_NEW)
        return false;
    size_t mark = answer->writer.len;
    if (first)
        put_node_head(&answer->writer, answer->step);
    if (put_node_value(answer, node, answer->step, liveness == NODE_LIVE))
        return true;
    if (!answer->writer.full)
        writer_cut(&answer->writer, mark);
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
