#include "agent/metrics/cpu_source.h"

#include "agent/metrics/procfs.h"
#include "agent/metrics/rates.h"

#define CORES_MS 10000U /* between two looks at all lines of a file that has one a core */

struct state {
    struct node_file stat;
    struct cpu_rates rates;
    unsigned cores;
    uint64_t cores_due_ms; /* 0: at once */
    unsigned impossible;   /* intervals whose ticks can't be right, so far */
};

static int init(void *arg, const struct agent_config *config)
{
    struct state *state = arg;

    (void)config;
    state->stat = node_file_at("/proc/stat");
    return 0;
}

static void deinit(void *arg, const struct node_source *node)
{
    struct state *state = arg;

    node_source_close(node, &state->stat);
}

/* A virtual machine can get more or fewer cores while it runs. */
static struct node_text read_stat(struct state *state, const struct node_source *node, uint64_t uptime_ms)
{
    if (uptime_ms < state->cores_due_ms)
        return node_source_head(node, &state->stat);
    struct node_text text = node_source_whole(node, &state->stat);
    if (procfs_parse_cores(text.at, text.len, &state->cores) == 0)
        state->cores_due_ms = uptime_ms + CORES_MS;
    return text;
}

static void set_shares(struct sample *metrics, const struct cpu_shares *shares)
{
    sample_set_gauge(metrics, METRIC_CPU, shares->busy_percent);
    if (shares->has_iowait)
        sample_set_gauge(metrics, METRIC_IOWAIT, shares->iowait_percent);
    if (shares->has_steal)
        sample_set_gauge(metrics, METRIC_STEAL, shares->steal_percent);
}

static bool read_shares(void *arg, const struct node_source *node, uint64_t uptime_ms, struct source_part *part)
{
    struct state *state = arg;
    struct procfs_cpu cpu;

    struct node_text text = read_stat(state, node, uptime_ms);
    if (procfs_parse_cpu(text.at, text.len, &cpu) < 0)
        return false;
    part->facts.cores = state->cores;
    const struct cpu_shares shares = rates_step_cpu(&state->rates, &cpu, text.read_ms, state->cores);
    if (shares.verdict == CPU_SHARES)
        set_shares(&part->metrics, &shares);
    if (shares.verdict == CPU_IMPOSSIBLE)
        rates_complain(part->complaint, sizeof part->complaint, "the ticks in /proc/stat", ++state->impossible);
    return true;
}

const struct source cpu_source = {
    .name = "cpu",
    .is_vital = true,
    .state_size = sizeof(struct state),
    .init = init,
    .deinit = deinit,
    .read = read_shares,
};
