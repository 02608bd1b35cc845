#include "agent/metrics/memory_source.h"

#include "agent/metrics/procfs.h"

struct state {
    struct node_file meminfo;
};

static int init(void *arg, const struct agent_config *config)
{
    struct state *state = arg;

    (void)config;
    state->meminfo = node_file_at("/proc/meminfo");
    return 0;
}

static void deinit(void *arg, const struct node_source *node)
{
    struct state *state = arg;

    node_source_close(node, &state->meminfo);
}

static double used_percent(uint64_t total, uint64_t unused)
{
    return 100.0 * (double)(total - unused) / (double)total;
}

static bool read_usage(void *arg, const struct node_source *node, uint64_t uptime_ms, struct source_part *part)
{
    struct state *state = arg;
    struct procfs_memory memory;

    (void)uptime_ms;
    struct node_text text = node_source_head(node, &state->meminfo);
    if (procfs_parse_memory(text.at, text.len, &memory) < 0)
        return false;
    part->facts.memory_bytes = memory.total;
    sample_set_gauge(&part->metrics, METRIC_MEMORY, used_percent(memory.total, memory.available));
    if (memory.swap_total > 0)
        sample_set_gauge(&part->metrics, METRIC_SWAP, used_percent(memory.swap_total, memory.swap_free));
    return true;
}

const struct source memory_source = {
    .name = "memory",
    .is_vital = true,
    .state_size = sizeof(struct state),
    .init = init,
    .deinit = deinit,
    .read = read_usage,
};
