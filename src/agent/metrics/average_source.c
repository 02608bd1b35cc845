#include "agent/metrics/average_source.h"

#include "agent/metrics/procfs.h"

/* The kernel computes the load only every 5 s (LOAD_FREQ of its include/linux/sched/loadavg.h), and the pressures every
 * 2 s (PSI_FREQ of kernel/sched/psi.c). These are three files, and means over 10 s: every second value is enough. A
 * little less each, as ticks are not punctual to the millisecond. */
#define LOAD_MS     4900U
#define PRESSURE_MS 3900U

typedef int parse_average(const char *text, size_t len, double *value);

struct state {
    struct node_file file;
    parse_average *parse;
    enum metric metric;
};

static int init(void *arg, const char *path, parse_average *parse, enum metric metric)
{
    struct state *state = arg;

    *state = (struct state){.file = node_file_at(path), .parse = parse, .metric = metric};
    return 0;
}

static int init_load1(void *arg, const struct agent_config *config)
{
    (void)config;
    return init(arg, "/proc/loadavg", procfs_parse_load1, METRIC_LOAD1);
}

static int init_psi_cpu(void *arg, const struct agent_config *config)
{
    (void)config;
    return init(arg, "/proc/pressure/cpu", procfs_parse_pressure, METRIC_PSI_CPU);
}

static int init_psi_memory(void *arg, const struct agent_config *config)
{
    (void)config;
    return init(arg, "/proc/pressure/memory", procfs_parse_pressure, METRIC_PSI_MEMORY);
}

static int init_psi_io(void *arg, const struct agent_config *config)
{
    (void)config;
    return init(arg, "/proc/pressure/io", procfs_parse_pressure, METRIC_PSI_IO);
}

static void deinit(void *arg, const struct node_source *node)
{
    struct state *state = arg;

    node_source_close(node, &state->file);
}

static bool read_average(void *arg, const struct node_source *node, uint64_t uptime_ms, struct source_part *part)
{
    struct state *state = arg;
    double value;

    (void)uptime_ms;
    struct node_text text = node_source_head(node, &state->file);
    if (state->parse(text.at, text.len, &value) < 0)
        return false;
    sample_set_gauge(&part->metrics, state->metric, value);
    return true;
}

#define AVERAGE(text, least_ms, init_of)                                                                               \
    {                                                                                                                  \
        .name = (text), .period_ms = (least_ms), .state_size = sizeof(struct state), .init = (init_of),                \
        .deinit = deinit, .read = read_average                                                                         \
    }

const struct source average_source_load1 = AVERAGE("load", LOAD_MS, init_load1);
const struct source average_source_psi_cpu = AVERAGE("cpu pressure", PRESSURE_MS, init_psi_cpu);
const struct source average_source_psi_memory = AVERAGE("memory pressure", PRESSURE_MS, init_psi_memory);
const struct source average_source_psi_io = AVERAGE("I/O pressure", PRESSURE_MS, init_psi_io);
