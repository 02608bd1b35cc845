#include "collector/http/answer_metrics.h"

#include "collector/autoscale/decision_fields.h"
#include "collector/config/config_in_force.h"
#include "collector/http/answer.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* What a family's numbers are taken from. */
struct metrics_source {
    const struct answer_world *world;
    int64_t wall_ms;
    const struct fleet_counts_result *fleet;
    const struct group *group; /* NULL: of the collector, and so are the others */
    const struct fleet_counts_group *now;
    const struct decision_history_group *history;
};

static struct metrics_source source_of(const struct answer *answer, const struct group *group)
{
    const struct answer_world *world = answer->world;
    const struct fleet_counts_result *fleet = &world->counts->done;

    return (struct metrics_source){
        .world = world,
        .wall_ms = answer->begun.wall_ms,
        .fleet = fleet,
        .group = group,
        .now = group != NULL ? &fleet->groups[group->index] : NULL,
        .history = group != NULL ? &world->history->groups[group->index] : NULL,
    };
}

/* ---- the collector's numbers ---- */

enum collector_number {
    BUILD,
    AGENTS,
    NODES,
    CLOCKS_OFF,
    BATCHES,
    READINGS,
    RECEIVED,
    STORED,
    WAITING,
    DUPLICATES,
    MISSING,
    BAD_VALUES,
    ENDED,
    REJECTED,
    ACKS_SENT,
    AGENT_SAMPLES,
    HELD,
    FILES_DELETED,
    IN_FORCE,
    HTTP_CONNECTIONS,
    HTTP_REQUESTS,
    HTTP_REFUSALS,
    RESIDENT,
    CPU,
    STARTED
};

static const char *const versions[] = {HEADROOM_VERSION};
static const char *const batch_forms[] = {"scanned", "decoded"};

/* As the agents count their samples. */
static const char *const sample_states[] = {
    "produced", "sent", "acknowledged", "dropped_outbox_full", "dropped_rejected", "dropped_spool_damaged",
    "waiting",  "gone"};

static uint64_t agent_samples(const struct agent_account *account, unsigned i)
{
    const uint64_t samples[] = {account->produced,
                                account->sent,
                                account->acknowledged,
                                account->dropped_outbox_full,
                                account->dropped_rejected,
                                account->dropped_spool_damaged,
                                agent_account_waiting(account),
                                account->gone};

    return samples[i];
}

/* i: of the label's values. */
static double collector_number(const struct metrics_source *from, enum collector_number number, unsigned i)
{
    const struct answer_world *world = from->world;
    const struct intake_account *account = &world->hub->account;
    const struct answer_process *process = &world->process;

    switch (number) {
    case BUILD:
        return 1;
    case AGENTS:
        return *world->agents;
    case NODES:
        return from->fleet->nodes[i];
    case CLOCKS_OFF:
        return from->fleet->clocks_off;
    case BATCHES:
        return (double)(i == 0 ? account->batches_scanned : account->batches_decoded);
    case READINGS:
        return (double)account->readings;
    case RECEIVED:
        return (double)account->samples;
    case STORED:
        return (double)(account->samples - backlog_rows(world->hub->backlog));
    case WAITING:
        return (double)backlog_rows(world->hub->backlog);
    case DUPLICATES:
        return (double)account->duplicates;
    case MISSING:
        return (double)account->missing[i];
    case BAD_VALUES:
        return (double)account->bad_values;
    case ENDED:
        return (double)account->ended;
    case REJECTED:
        return (double)account->rejected;
    case ACKS_SENT:
        return (double)account->acks;
    case AGENT_SAMPLES:
        return (double)agent_samples(&from->fleet->account, i);
    case HELD:
        return world->hub->held;
    case FILES_DELETED:
        return (double)*world->files_deleted;
    case IN_FORCE:
        return config_in_force_holds(world->config_in_force);
    case HTTP_CONNECTIONS:
        return process->http_connections;
    case HTTP_REQUESTS:
        return (double)process->http_requests;
    case HTTP_REFUSALS:
        return (double)process->http_refusals;
    case RESIDENT:
        return (double)process->resident_bytes;
    case CPU:
        return process->cpu_seconds;
    case STARTED:
        return (double)process->started_wall_ms / 1000.0;
    }
    return NAN;
}

/* ---- a group's numbers ---- */

enum group_number {
    GROUP_NODES,
    GROUP_DEMAND,
    GROUP_CAPACITY,
    GROUP_UTILISATION,
    GROUP_HIGH,
    GROUP_FS_FULLEST,
    GROUP_FS_FILLING,
    GROUP_ERROR,
    GROUP_DESIRED,
    GROUP_MIN,
    GROUP_MAX,
    GROUP_DECISIONS,
    GROUP_CONDITION,
    GROUP_PINNED,
    GROUP_PAUSED
};

/* Fields of its last decision. */
static const char *const forecast_values[] = {"expected", "low", "high", "sized_for"};
static const enum decision_field_id forecast_fields[] = {DECISION_FIELD_CPU_FORECAST, DECISION_FIELD_CPU_FORECAST_LOW,
                                                         DECISION_FIELD_CPU_FORECAST_HIGH,
                                                         DECISION_FIELD_CPU_FORECAST_BOUND};
static const char *const paused_names[] = {"all", "scale-in"};
static const char *const price_names[] = {"promised", "paid"};
static const enum decision_field_id price_fields[] = {DECISION_FIELD_PRICE_PROMISED, DECISION_FIELD_PRICE_PAID};
static const enum decision_field_id coverage_field[] = {DECISION_FIELD_COVERAGE};
static const enum decision_field_id existing_field[] = {DECISION_FIELD_EXISTING};
static const enum decision_field_id pending_field[] = {DECISION_FIELD_PENDING};
static const enum decision_field_id lead_time_field[] = {DECISION_FIELD_LEAD_TIME_S};

static struct scaler_settings settings_of(const struct metrics_source *from)
{
    return answer_group_settings(from->world, from->group->name, from->wall_ms);
}

/* 1 or 0; NaN before the first tick of the group. */
static double condition_number(const struct metrics_source *from, unsigned id)
{
    const struct condition *condition = &from->world->conditions->groups[from->group->index].of[id];

    return condition->since_ms != 0 ? (double)condition->holds : NAN;
}

static double pinned_number(const struct metrics_source *from)
{
    const struct override *pin = overrides_pin(from->world->overrides, from->group->name);

    return pin != NULL ? (double)pin->nodes : NAN;
}

static double paused_number(const struct metrics_source *from, unsigned i)
{
    const struct override *pause = overrides_pause(from->world->overrides, from->group->name);

    return pause != NULL && (i > 0 || pause->kind == OVERRIDE_PAUSE);
}

static double max_number(const struct metrics_source *from)
{
    const struct scaler_settings settings = settings_of(from);

    return scaler_settings_is_limited(&settings) ? (double)settings.nodes_max : NAN;
}

static double desired_number(const struct metrics_source *from)
{
    unsigned desired = decision_history_desired(from->history);

    return desired > 0 ? (double)desired : NAN;
}

static double group_number(const struct metrics_source *from, enum group_number number, unsigned i)
{
    bool reported = i < RESOURCE_COUNT && from->now->resource[i].capacity > 0;

    switch (number) {
    case GROUP_NODES:
        return from->now->nodes[i];
    case GROUP_DEMAND:
        return reported ? from->now->resource[i].demand : NAN;
    case GROUP_CAPACITY:
        return reported ? from->now->resource[i].capacity : NAN;
    case GROUP_UTILISATION:
        return reported ? from->now->resource[i].demand / from->now->resource[i].capacity : NAN;
    case GROUP_HIGH:
        return i == RESOURCE_APP && !reported ? NAN : settings_of(from).thresholds[i].high;
    case GROUP_FS_FULLEST:
        return from->now->fs.nodes > 0 ? from->now->fs.fullest : NAN;
    case GROUP_FS_FILLING:
        return from->now->fs.nodes > 0 ? (double)from->now->fs.filling : NAN;
    case GROUP_ERROR:
        return from->history->decided ? from->history->forecast_error : NAN;
    case GROUP_DESIRED:
        return desired_number(from);
    case GROUP_MIN:
        return settings_of(from).nodes_min;
    case GROUP_MAX:
        return max_number(from);
    case GROUP_DECISIONS:
        return (double)from->history->decisions[i];
    case GROUP_CONDITION:
        return condition_number(from, i);
    case GROUP_PINNED:
        return pinned_number(from);
    case GROUP_PAUSED:
        return paused_number(from, i);
    }
    return NAN;
}

/* NaN when nothing is decided yet. */
static double decision_number(const struct metrics_source *from, enum decision_field_id id)
{
    const struct decision_record record = {.group = from->group->name, .decision = &from->history->last};
    const struct decision_field *field = &decision_fields[id];

    if (from->history == NULL || !from->history->decided)
        return NAN;
    struct decision_value value = decision_fields_value(field, &record, field->resource);
    return decision_fields_base_unit(&value);
}

/* ---- the table ---- */

/* A family of one line, or of one for each value of a label; of the collector, or of each group. */
struct metrics_family {
    const char *name;
    const char *type;
    const char *help;
    bool of_groups;
    const char *label; /* NULL: one line, without a label */
    const char *const *label_values;
    unsigned count; /* of them */
    /* Its numbers are an enum collector_number or group_number, or fields of the last decision, or a histogram. */
    unsigned number;
    const enum decision_field_id *fields;
    size_t histogram;  /* its offset in struct answer_world */
    double per_second; /* of a histogram's unit; 0: it is none */
};

#define LABEL(name, values, many) .label = (name), .label_values = (values), .count = (many)
#define HISTOGRAM(member, rate)   .histogram = offsetof(struct answer_world, member), .per_second = (rate)

static const struct metrics_family families[] = {
    {"headroom_build_info", "gauge", "The running version; always 1.", LABEL("version", versions, 1), .number = BUILD},
    {"headroom_agents_connected", "gauge", "Connected agents.", .number = AGENTS},
    {"headroom_nodes", "gauge", "Known nodes by state.", LABEL("state", liveness_names, NODE_GONE + 1),
     .number = NODES},
    {"headroom_nodes_clock_off", "gauge", "Nodes whose wall clock is off by more than 5 s.", .number = CLOCKS_OFF},
    {"headroom_batches_received_total", "counter",
     "Batches by form: scanned, as headroom-agent sends them, or decoded, which costs more.",
     LABEL("form", batch_forms, 2), .number = BATCHES},
    {"headroom_readings_received_total", "counter", "Samples that came as a Reading, before they could be delivered.",
     .number = READINGS},
    {"headroom_samples_received_total", "counter", "Samples received.", .number = RECEIVED},
    {"headroom_samples_stored_total", "counter", "Samples stored on disk.", .number = STORED},
    {"headroom_samples_waiting", "gauge", "Samples waiting to be written.", .number = WAITING},
    {"headroom_samples_duplicate_total", "counter", "Samples that had been received before and were skipped.",
     .number = DUPLICATES},
    {"headroom_samples_missing_total", "counter", "Samples that are not stored, by reason.",
     LABEL("reason", gap_reason_names, GAP_REASON_COUNT), .number = MISSING},
    {"headroom_values_impossible_total", "counter", "Impossible values that were removed.", .number = BAD_VALUES},
    {"headroom_instances_ended_total", "counter", "Agent runs that ended without Goodbye.", .number = ENDED},
    {"headroom_connections_rejected_total", "counter", "Agent connections that were rejected.", .number = REJECTED},
    {"headroom_acks_sent_total", "counter", "Acks sent to agents.", .number = ACKS_SENT},
    {"headroom_agent_samples", "gauge",
     "Samples by state, as each agent counts them since its start, summed over all agents.",
     LABEL("state", sample_states, sizeof sample_states / sizeof *sample_states), .number = AGENT_SAMPLES},
    {"headroom_store_held", "gauge", "1 while the disk can't be written and agents retain their samples.",
     .number = HELD},
    {"headroom_store_files_deleted_total", "counter", "Finished files of samples and gaps, deleted for age or size.",
     .number = FILES_DELETED},
    {"headroom_config_in_force", "gauge", "1 while the collector runs with what its configuration file says.",
     .number = IN_FORCE},
    {"headroom_store_latency_seconds", "histogram",
     "Time from the first row of a write until its rows are stored: the longest wait of its samples.",
     HISTOGRAM(stored_ms, 1e3)},
    {"headroom_store_sync_seconds", "histogram", "Duration of each fdatasync of metrics.csv.",
     HISTOGRAM(syncs_us, 1e6)},
    {"headroom_loop_turn_seconds", "histogram", "Duration of each turn of the event loop.", HISTOGRAM(turns_us, 1e6)},
    {"headroom_http_connections", "gauge", "Open HTTP connections.", .number = HTTP_CONNECTIONS},
    {"headroom_http_requests_total", "counter", "HTTP requests answered.", .number = HTTP_REQUESTS},
    {"headroom_http_refusals_total", "counter", "HTTP requests answered with a 4xx or 5xx status.",
     .number = HTTP_REFUSALS},
    {"process_resident_memory_bytes", "gauge", "Resident memory.", .number = RESIDENT},
    {"process_cpu_seconds_total", "counter", "CPU time of all threads.", .number = CPU},
    {"process_start_time_seconds", "gauge", "When the process started, Unix time.", .number = STARTED},
    {"headroom_group_nodes", "gauge", "Nodes of a group by state.", .of_groups = true,
     LABEL("state", liveness_names, NODE_GONE + 1), .number = GROUP_NODES},
    {"headroom_group_demand", "gauge",
     "Demand by the newest samples: cores, bytes of memory, disks, the application's unit.", .of_groups = true,
     LABEL("resource", resource_names, RESOURCE_COUNT), .number = GROUP_DEMAND},
    {"headroom_group_capacity", "gauge",
     "Capacity of the live nodes: cores, bytes of memory, disks, the application's unit.", .of_groups = true,
     LABEL("resource", resource_names, RESOURCE_COUNT), .number = GROUP_CAPACITY},
    {"headroom_group_utilisation_ratio", "gauge", "Demand over capacity of the live nodes.", .of_groups = true,
     LABEL("resource", resource_names, RESOURCE_COUNT), .number = GROUP_UTILISATION},
    {"headroom_group_high_ratio", "gauge", "Upper limit of utilisation.", .of_groups = true,
     LABEL("resource", resource_names, RESOURCE_COUNT), .number = GROUP_HIGH},
    {"headroom_group_fs_fullest_ratio", "gauge", "How full the fullest file system of the live nodes is.",
     .of_groups = true, .number = GROUP_FS_FULLEST},
    {"headroom_group_fs_filling_nodes", "gauge",
     "Live nodes whose fullest file system is full, or expected to be within 6 h.", .of_groups = true,
     .number = GROUP_FS_FILLING},
    {"headroom_group_forecast_demand_cores", "gauge",
     "Cpu demand expected at the horizon, the interval that should contain 90 % of outcomes, and the demand that the "
     "group is "
     "sized for.",
     .of_groups = true, LABEL("value", forecast_values, 4), .fields = forecast_fields},
    {"headroom_group_forecast_coverage_ratio", "gauge", "Share of outcomes within their forecast interval.",
     .of_groups = true, .fields = coverage_field},
    {"headroom_group_forecast_error_cores", "gauge",
     "Cpu demand at the last tick, minus the forecast made one horizon earlier.", .of_groups = true,
     .number = GROUP_ERROR},
    {"headroom_group_forecast_price", "gauge", "Cost of decisions by forecast, promised and paid, in mean fleets.",
     .of_groups = true, LABEL("price", price_names, 2), .fields = price_fields},
    {"headroom_group_existing_nodes", "gauge",
     "Nodes that may exist: those that report, are missing or are on order, or the actuator's count.",
     .of_groups = true, .fields = existing_field},
    {"headroom_group_pending_nodes", "gauge", "Nodes that were ordered and have not arrived yet.", .of_groups = true,
     .fields = pending_field},
    {"headroom_group_lead_time_seconds", "gauge",
     "Time from the order of a node to its first sample, as the scaler uses it.", .of_groups = true,
     .fields = lead_time_field},
    {"headroom_group_desired_nodes", "gauge", "Desired number of nodes.", .of_groups = true, .number = GROUP_DESIRED},
    {"headroom_group_min_nodes", "gauge", "Minimum number of nodes.", .of_groups = true, .number = GROUP_MIN},
    {"headroom_group_max_nodes", "gauge", "Maximum number of nodes.", .of_groups = true, .number = GROUP_MAX},
    {"headroom_group_decisions_total", "counter", "Decisions that were logged, by action.", .of_groups = true,
     LABEL("action", action_names, ACTION_DOWN + 1), .number = GROUP_DECISIONS},
    {"headroom_group_condition", "gauge", "1 while the condition is true, 0 while it is false.", .of_groups = true,
     LABEL("condition", condition_names, CONDITION_COUNT), .number = GROUP_CONDITION},
    {"headroom_group_pinned_nodes", "gauge", "The number of nodes that a person has pinned.", .of_groups = true,
     .number = GROUP_PINNED},
    {"headroom_group_paused", "gauge", "1 while a person has paused all orders, or at least scale-in.",
     .of_groups = true, LABEL("orders", paused_names, 2), .number = GROUP_PAUSED},
};

#define FAMILY_COUNT (sizeof families / sizeof *families)

/* ---- lines ---- */

/* One line; none for an unknown number. */
static void put_line(struct writer *writer, const struct metrics_family *family, const struct group *group, unsigned i,
                     double number)
{
    if (!isfinite(number))
        return;
    writer_put(writer, family->name);
    if (group != NULL) {
        writer_put(writer, "{group=\"");
        writer_put(writer, group->name);
    }
    if (family->label != NULL) {
        writer_put(writer, group != NULL ? "\"," : "{");
        writer_put(writer, family->label);
        writer_put(writer, "=\"");
        writer_put(writer, family->label_values[i]);
    }
    writer_put(writer, group != NULL || family->label != NULL ? "\"} " : " ");
    writer_put_number(writer, number, 6);
    writer_put(writer, "\n");
}

static void put_lines(struct writer *writer, const struct metrics_family *family, const struct metrics_source *from)
{
    unsigned count = family->label != NULL ? family->count : 1;

    for (unsigned i = 0; i < count; i++) {
        double number = NAN;
        if (family->fields != NULL)
            number = decision_number(from, family->fields[i]);
        else if (from->group != NULL)
            number = group_number(from, family->number, i);
        else
            number = collector_number(from, family->number, i);
        put_line(writer, family, from->group, i, number);
    }
}

static void put_histogram(struct writer *writer, const struct metrics_family *family, const struct histogram *histogram)
{
    static const double bounds[] = {0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.0075, 0.01, 0.025,
                                    0.05,   0.1,    0.25,  0.5,    1,     2.5,    5};

    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        writer_putf(writer, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", family->name, bounds[i],
                    histogram_up_to(histogram, (uint64_t)(bounds[i] * family->per_second)));
    writer_putf(writer, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum ", family->name, histogram->count, family->name);
    writer_put_number(writer, (double)histogram->sum / family->per_second, 6);
    writer_putf(writer, "\n%s_count %" PRIu64 "\n", family->name, histogram->count);
}

static bool put_family(struct answer *answer, unsigned at, bool first)
{
    const struct metrics_family *family = &families[answer->cursor.family];
    const struct answer_world *world = answer->world;
    const struct metrics_source from = source_of(answer, family->of_groups ? world->registry->groups[at] : NULL);

    if (first)
        answer_put_head(&answer->writer, family->name, family->type, family->help);
    if (family->per_second > 0)
        put_histogram(&answer->writer, family,
                      *(const struct histogram *const *)((const char *)world + family->histogram));
    else
        put_lines(&answer->writer, family, &from);
    return true;
}

void answer_metrics_make(struct answer *answer)
{
    for (; answer->cursor.family < FAMILY_COUNT; answer_next_family(&answer->cursor)) {
        unsigned items = families[answer->cursor.family].of_groups ? answer->world->registry->group_count : 1;
        if (!answer_put_items(answer, items, put_family))
            return;
    }
    answer->done = true;
}
