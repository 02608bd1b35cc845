#include "agent/cpu_source.h"

#include "agent/procfs.h"
#include "agent/rates.h"

#define CORES_MS 10000U /* between two looks at all lines of a file that has one a core */

struct state {
    struct node_file stat;
    struct cpu_rates rates;
    unsigned cores;
    uint64_t cores_due_ms; /* 0: at once */
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

static bool read_shares(void *arg, const struct node_source *node, uint64_t uptime_ms, struct source_part *part)
{
    struct state *state = arg;
    struct procfs_cpu cpu;
    double busy, iowait, steal;

    struct node_text text = read_stat(state, node, uptime_ms);
    if (procfs_parse_cpu(text.at, text.len, &cpu) < 0)
        return false;
    part->facts.cores = state->cores;
    if (rates_step_cpu(&state->rates, &cpu, &busy, &iowait, &steal)) {
        sample_set_gauge(&part->metrics, METRIC_CPU, busy);
        sample_set_gauge(&part->metrics, METRIC_IOWAIT, iowait);
        sample_set_gauge(&part->metrics, METRIC_STEAL, steal);
    }
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
