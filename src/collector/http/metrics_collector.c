#include "collector/http/metrics_collector.h"

#include "collector/config/config_in_force.h"
#include "collector/intake/intake.h"

#include <math.h>
#include <string.h>

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
    WAITING_MAX,
    DUPLICATES,
    MISSING,
    BAD_VALUES,
    HISTORY_BYTES,
    SHORTENED,
    SHORT_RINGS,
    ENDED,
    REJECTED,
    EVICTED,
    HANDSHAKES,
    HANDSHAKES_PENDING,
    PROOFS,
    CERTIFICATE_EXPIRY,
    SLOWED,
    LIMITS,
    ACKS_SENT,
    AGENT_SAMPLES,
    HELD,
    DECISIONS_HELD,
    FILES_DELETED,
    CUT_SHORT,
    SIGNAL_LINES,
    IN_FORCE,
    PROBLEMS,
    ALERT_RUNS,
    ALERTS_SENT,
    ALERT_FAILING,
    HTTP_CONNECTIONS,
    HTTP_REQUESTS,
    HTTP_REFUSALS,
    HTTP_CERTIFICATE_EXPIRY,
    RESIDENT,
    CPU,
    STARTED
};

static const char *const versions[] = {HEADROOM_VERSION};
static const char *const batch_forms[] = {"scanned", "decoded"};
static const char *const proofs[] = {"key", "certificate", "ticket"};
static const char *const line_outcomes[] = {"used", "ignored", "unusable"};
static const char *const certificate_owners[] = {"collector", "nodes"};

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

/* counts: NULL: there are none. */
static double signal_lines(const struct feed_counts *counts, unsigned i)
{
    const struct feed_counts none = {.used = 0};
    const struct feed_counts *from = counts != NULL ? counts : &none;
    const uint64_t lines[] = {from->used, from->ignored, from->unusable};

    return (double)lines[i];
}

static double https_expiry_s(const struct answer_process *process, int64_t wall_ms)
{
    int64_t left_s = process->http_cert_end_s - wall_ms / 1000;

    return process->http_cert_end_s != 0 ? (double)left_s : NAN;
}

/* i: of the label's values. */
static double number_of(const struct metrics_source *from, enum collector_number number, unsigned i)
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
        return from->fleet->clocks_off.count;
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
    case WAITING_MAX:
        return world->hub->backlog->capacity;
    case DUPLICATES:
        return (double)account->duplicates;
    case MISSING:
        return (double)account->missing[i];
    case BAD_VALUES:
        return (double)account->bad_values;
    case HISTORY_BYTES:
        return (double)world->registry->rings_bytes;
    case SHORTENED:
        return (double)world->registry->rings_shortened;
    case SHORT_RINGS:
        return from->fleet->short_rings.count;
    case ENDED:
        return (double)account->ended;
    case REJECTED:
        return (double)account->rejects[i + 1];
    case EVICTED:
        return (double)account->evicted;
    case HANDSHAKES:
        return (double)world->hub->handshakes.results[i];
    case HANDSHAKES_PENDING:
        return world->hub->handshakes.pending;
    case PROOFS:
        return (double)account->proofs[i];
    case CERTIFICATE_EXPIRY:
        return intake_expiry_s(world->hub, i == 1, from->wall_ms);
    case SLOWED:
        return world->hub->slowed;
    case LIMITS:
        return (double)account->limits[i];
    case ACKS_SENT:
        return (double)account->acks;
    case AGENT_SAMPLES:
        return (double)agent_samples(&world->registry->agents, i);
    case HELD:
        return world->hub->held;
    case DECISIONS_HELD:
        return *world->decisions_held;
    case FILES_DELETED:
        return (double)*world->files_deleted;
    case CUT_SHORT:
        return *world->cut_short;
    case SIGNAL_LINES:
        return signal_lines(world->signal_lines, i);
    case IN_FORCE:
        return config_in_force_holds(world->config_in_force);
    case PROBLEMS:
        return problems_count(world->problems, (enum problem_severity)i);
    case ALERT_RUNS:
        return (double)world->alerts->runs[i];
    case ALERTS_SENT:
        return (double)world->alerts->sent;
    case ALERT_FAILING:
        return world->alerts->failures > 0;
    case HTTP_CONNECTIONS:
        return process->http_connections;
    case HTTP_REQUESTS:
        return (double)process->http_requests;
    case HTTP_REFUSALS:
        return (double)process->http_refusals;
    case HTTP_CERTIFICATE_EXPIRY:
        return https_expiry_s(process, from->wall_ms);
    case RESIDENT:
        return (double)process->resident_bytes;
    case CPU:
        return process->cpu_seconds;
    case STARTED:
        return (double)process->started_wall_ms / 1000.0;
    }
    return NAN;
}

static const struct metrics_family families[] = {
    {"headroom_build_info", "gauge", "The running version; always 1.", METRICS_LABEL("version", versions, 1),
     .number = BUILD},
    {"headroom_agents_connected", "gauge", "Connected agents.", .number = AGENTS},
    {"headroom_nodes", "gauge", "Known nodes by state.", METRICS_LABEL("state", liveness_names, NODE_GONE + 1),
     .number = NODES},
    {"headroom_nodes_clock_off", "gauge", "Nodes whose wall clock is off by more than 5 s.", .number = CLOCKS_OFF},
    {"headroom_batches_received_total", "counter",
     "Batches by form: scanned, as headroom-agent sends them, or decoded, which costs more.",
     METRICS_LABEL("form", batch_forms, 2), .number = BATCHES},
    {"headroom_readings_received_total", "counter", "Samples that came as a Reading, before they could be delivered.",
     .number = READINGS},
    {"headroom_samples_received_total", "counter", "Samples received.", .number = RECEIVED},
    {"headroom_samples_stored_total", "counter", "Samples stored on disk.", .number = STORED},
    {"headroom_samples_waiting", "gauge", "Samples waiting to be written.", .number = WAITING},
    {"headroom_samples_waiting_max", "gauge", "Samples that may be waiting; more are rejected.", .number = WAITING_MAX},
    {"headroom_samples_duplicate_total", "counter", "Samples that had been received before and were skipped.",
     .number = DUPLICATES},
    {"headroom_samples_missing_total", "counter", "Samples that are not stored, by reason.",
     METRICS_LABEL("reason", gap_reason_names, GAP_REASON_COUNT), .number = MISSING},
    {"headroom_values_impossible_total", "counter", "Impossible values that were removed.", .number = BAD_VALUES},
    {"headroom_history_bytes", "gauge", "Memory for the samples of the history, reserved or used.",
     .number = HISTORY_BYTES},
    {"headroom_history_shortened_total", "counter", "Nodes whose history was shortened because memory-max was used up.",
     .number = SHORTENED},
    {"headroom_nodes_history_short", "gauge",
     "Nodes whose history is shorter than `history`, because memory-max is used up.", .number = SHORT_RINGS},
    {"headroom_instances_ended_total", "counter", "Agent runs that ended without Goodbye.", .number = ENDED},
    {"headroom_connections_rejected_total", "counter", "Agent connections that were rejected, by code.",
     METRICS_LABEL("code", reject_code_names + 1, REJECT_CODES - 1), .number = REJECTED},
    {"headroom_connections_evicted_total", "counter",
     "Connections without a Hello that were closed, so that newer ones have a place.", .number = EVICTED},
    {"headroom_tls_handshakes_total", "counter", "TLS handshakes of agents, by result.",
     METRICS_LABEL("result", handshake_result_names, HANDSHAKE_RESULTS), .number = HANDSHAKES},
    {"headroom_tls_handshakes_pending", "gauge", "TLS handshakes that have begun and are not done.",
     .number = HANDSHAKES_PENDING},
    {"headroom_tls_handshake_seconds", "histogram", "Duration of accepted handshakes, from the first byte to the end.",
     METRICS_HISTOGRAM(handshakes_us, 1e6)},
    {"headroom_tls_agents_total", "counter",
     "Agents that were accepted, by what they showed: a key, a certificate, or the ticket of an earlier connection.",
     METRICS_LABEL("by", proofs, INTAKE_PROOFS), .number = PROOFS},
    {"headroom_tls_certificate_expiry_seconds", "gauge",
     "Time until the collector's certificate expires, and until the first one of the connected agents does.",
     METRICS_LABEL("of", certificate_owners, 2), .number = CERTIFICATE_EXPIRY},
    {"headroom_agents_slowed", "gauge", "Connected agents that are slowed down.", .number = SLOWED},
    {"headroom_limits_reached_total", "counter", "How often a limit on agents was reached.",
     METRICS_LABEL("limit", intake_limit_names, INTAKE_LIMITS), .number = LIMITS},
    {"headroom_acks_sent_total", "counter", "Acks sent to agents.", .number = ACKS_SENT},
    {"headroom_agent_samples", "gauge",
     "Samples by state, as each agent counts them since its start, summed over all agents.",
     METRICS_LABEL("state", sample_states, sizeof sample_states / sizeof *sample_states), .number = AGENT_SAMPLES},
    {"headroom_store_held", "gauge", "1 while the disk can't be written and agents retain their samples.",
     .number = HELD},
    {"headroom_decisions_held", "gauge", "1 while decisions.csv can't be written and nothing is ordered.",
     .number = DECISIONS_HELD},
    {"headroom_store_files_deleted_total", "counter", "Finished files of samples and gaps, deleted for age or size.",
     .number = FILES_DELETED},
    {"headroom_store_cut_short", "gauge",
     "1 while retain-size deletes files before they are as old as retain, or soon will.", .number = CUT_SHORT},
    {"headroom_signal_lines_total", "counter",
     "Lines that the programs of signals have printed, by what became of them.",
     METRICS_LABEL("outcome", line_outcomes, sizeof line_outcomes / sizeof *line_outcomes), .number = SIGNAL_LINES},
    {"headroom_config_in_force", "gauge", "1 while the collector runs with what its configuration file says.",
     .number = IN_FORCE},
    {"headroom_problems", "gauge", "Problems that are shown, by severity.",
     METRICS_LABEL("severity", problem_severity_names, PROBLEM_SEVERITIES), .number = PROBLEMS},
    {"headroom_alert_runs_total", "counter", "Runs of the program of on-alert, by outcome.",
     METRICS_LABEL("outcome", alert_outcome_names, ALERT_OUTCOMES), .number = ALERT_RUNS},
    {"headroom_alerts_sent_total", "counter", "Messages about problems that this program has accepted.",
     .number = ALERTS_SENT},
    {"headroom_alert_program_failing", "gauge", "1 while the last run of this program has failed.",
     .number = ALERT_FAILING},
    {"headroom_store_latency_seconds", "histogram",
     "Time from the first row of a write until its rows are stored: the longest wait of its samples.",
     METRICS_HISTOGRAM(stored_ms, 1e3)},
    {"headroom_store_sync_seconds", "histogram", "Duration of each fdatasync of metrics.csv.",
     METRICS_HISTOGRAM(syncs_us, 1e6)},
    {"headroom_loop_turn_seconds", "histogram", "Duration of each turn of the event loop.",
     METRICS_HISTOGRAM(turns_us, 1e6)},
    {"headroom_loop_turn_cpu_seconds", "histogram",
     "CPU time of each turn of the event loop, which other programs do not lengthen.", METRICS_HISTOGRAM(cpus_us, 1e6)},
    {"headroom_http_connections", "gauge", "Open HTTP connections.", .number = HTTP_CONNECTIONS},
    {"headroom_http_requests_total", "counter", "HTTP requests answered.", .number = HTTP_REQUESTS},
    {"headroom_http_refusals_total", "counter", "HTTP requests answered with a 4xx or 5xx status.",
     .number = HTTP_REFUSALS},
    {"headroom_http_certificate_expiry_seconds", "gauge", "Time until the certificate of HTTPS expires.",
     .number = HTTP_CERTIFICATE_EXPIRY},
    {"process_resident_memory_bytes", "gauge", "Resident memory.", .number = RESIDENT},
    {"process_cpu_seconds_total", "counter", "CPU time of all threads.", .number = CPU},
    {"process_start_time_seconds", "gauge", "When the process started, Unix time.", .number = STARTED},
};

static double number(const struct metrics_source *from, const struct metrics_family *family, unsigned i)
{
    return number_of(from, family->number, i);
}

const struct metrics_table metrics_collector = {families, sizeof families / sizeof *families, number};
