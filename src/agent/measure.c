#include "agent/measure.h"

#include "agent/procfs.h"
#include "common/limits.h"

#include <errno.h>
#include <string.h>

/* The text of one file. */
struct text {
    const char *at;
    size_t len;
};

static struct text read_head(const struct node_source *source, enum node_file file)
{
    struct text text = {"", 0};

    text.len = source->read(file, false, &text.at, source->arg);
    return text;
}

static struct text read_whole(const struct node_source *source, enum node_file file)
{
    struct text text = {"", 0};

    text.len = source->read(file, true, &text.at, source->arg);
    return text;
}

/* ---- cpu and memory ---- */

static bool read_cpu(const struct node_source *source, struct procfs_cpu *cpu)
{
    struct text text = read_head(source, NODE_STAT);

    return procfs_parse_cpu(text.at, text.len, cpu) == 0;
}

static bool read_memory(const struct node_source *source, struct procfs_memory *memory)
{
    struct text text = read_head(source, NODE_MEMINFO);

    return procfs_parse_memory(text.at, text.len, memory) == 0;
}

static void measure_cpu(struct measure *measure, const struct node_source *source, struct sample *sample)
{
    struct procfs_cpu cpu;
    double busy, iowait, steal;

    if (!read_cpu(source, &cpu) || !rates_step_cpu(&measure->cpu, &cpu, &busy, &iowait, &steal))
        return;
    sample_set_gauge(sample, METRIC_CPU, busy);
    sample_set_gauge(sample, METRIC_IOWAIT, iowait);
    sample_set_gauge(sample, METRIC_STEAL, steal);
}

/* In a container, what is free can be the host's and exceed the total. */
static double used_percent(uint64_t total, uint64_t unused)
{
    return unused < total ? 100.0 * (double)(total - unused) / (double)total : 0.0;
}

static void measure_memory(const struct node_source *source, struct sample *sample)
{
    struct procfs_memory memory;

    if (!read_memory(source, &memory))
        return;
    sample_set_gauge(sample, METRIC_MEMORY, used_percent(memory.total, memory.available));
    if (memory.swap_total > 0)
        sample_set_gauge(sample, METRIC_SWAP, used_percent(memory.swap_total, memory.swap_free));
}

/* ---- averages ---- */

/* The kernel computes them only every so often: LOAD_FREQ and PSI_FREQ in its include/linux/sched/loadavg.h and
 * kernel/sched/psi.c, here a little less, as ticks are not punctual to the millisecond. */
static const struct {
    enum node_file file;
    enum metric metric;
    unsigned period_ms;
    int (*parse)(const char *text, size_t len, double *value);
} averages[MEASURE_AVERAGES] = {
    {NODE_LOADAVG, METRIC_LOAD1, 4900, procfs_parse_load1},
    {NODE_PSI_CPU, METRIC_PSI_CPU, 1900, procfs_parse_pressure},
    {NODE_PSI_MEMORY, METRIC_PSI_MEMORY, 1900, procfs_parse_pressure},
    {NODE_PSI_IO, METRIC_PSI_IO, 1900, procfs_parse_pressure},
};

/* Only an average that may have changed since its last reading costs another one. */
static void measure_averages(struct measure *measure, const struct node_source *source, struct sample *sample)
{
    for (size_t i = 0; i < MEASURE_AVERAGES; i++) {
        struct measure_average *last = &measure->averages[i];
        if (!last->known || sample->uptime_ms - last->read_ms >= averages[i].period_ms) {
            struct text text = read_head(source, averages[i].file);
            last->known = averages[i].parse(text.at, text.len, &last->value) == 0;
            last->read_ms = sample->uptime_ms;
        }
        if (last->known)
            sample_set_gauge(sample, averages[i].metric, last->value);
    }
}

/* ---- devices ---- */

/* Ends a pass over all devices of a kind. false: there was none. */
static bool end_pass(struct device_rates *rates, struct device_names *names, struct sample *sample, enum metric in,
                     enum metric out, struct device_totals *totals)
{
    rates_devices_end(rates, totals);
    devices_end_pass(names);
    if (!totals->any)
        return false;
    sample_set_counter(sample, in, totals->in_total);
    sample_set_counter(sample, out, totals->out_total);
    return true;
}

static void measure_disks(struct measure *measure, const struct node_source *source, struct sample *sample)
{
    struct text text = read_whole(source, NODE_DISKSTATS);
    struct device_totals totals;
    struct procfs_disk disk;

    /* A failed read is no pass: it would look as if all disks had gone. */
    if (text.len == 0)
        return;
    rates_devices_begin(measure->disk_rates, sample->uptime_ms);
    while (procfs_next_disk(&text.at, &text.len, &disk))
        if (devices_physical(&measure->disks, disk.name, devices_disk_is_physical, source))
            rates_devices_add(measure->disk_rates, disk.name, disk.read_bytes, disk.written_bytes, disk.busy_ms);
    if (end_pass(measure->disk_rates, &measure->disks, sample, METRIC_DISK_READ, METRIC_DISK_WRITE, &totals) &&
        totals.has_busy)
        sample_set_gauge(sample, METRIC_DISK_BUSY, totals.busy_percent);
}

static bool any_physical_nic(struct measure *measure, const struct node_source *source, struct text text)
{
    struct procfs_nic nic;

    while (procfs_next_nic(&text.at, &text.len, &nic))
        if (devices_physical(&measure->nics, nic.name, devices_nic_is_physical, source))
            return true;
    return false;
}

/* Physical interfaces only; where there are none, as in a container, all but the loopback. */
static void measure_nics(struct measure *measure, const struct node_source *source, struct sample *sample)
{
    struct text text = read_whole(source, NODE_NET_DEV);
    struct device_totals totals;
    struct procfs_nic nic;

    if (text.len == 0)
        return;
    bool only_physical = any_physical_nic(measure, source, text);
    rates_devices_begin(measure->nic_rates, sample->uptime_ms);
    while (procfs_next_nic(&text.at, &text.len, &nic)) {
        bool physical = devices_physical(&measure->nics, nic.name, devices_nic_is_physical, source);
        if (only_physical ? physical : strcmp(nic.name, "lo") != 0)
            rates_devices_add(measure->nic_rates, nic.name, nic.rx_bytes, nic.tx_bytes, 0);
    }
    (void)end_pass(measure->nic_rates, &measure->nics, sample, METRIC_NET_RX, METRIC_NET_TX, &totals);
}

/* ---- the whole ---- */

void measure_read(struct measure *measure, const struct node_source *source, uint64_t uptime_ms, struct sample *sample)
{
    sample->uptime_ms = uptime_ms;
    sample->present = 0;
    measure_cpu(measure, source, sample);
    measure_memory(source, sample);
    measure_averages(measure, source, sample);
    measure_disks(measure, source, sample);
    measure_nics(measure, source, sample);
}

struct measure_node measure_node(const struct node_source *source)
{
    struct measure_node node = {0};
    struct procfs_memory memory;
    struct text text = read_whole(source, NODE_STAT);

    procfs_parse_cores(text.at, text.len, &node.cores);
    if (read_memory(source, &memory))
        node.memory_bytes = memory.total;
    return node;
}

bool measure_possible(const struct node_source *source)
{
    struct procfs_cpu cpu;
    struct procfs_memory memory;

    return read_cpu(source, &cpu) || read_memory(source, &memory);
}

int measure_init(struct measure *measure)
{
    measure->disk_rates = rates_devices_new(DISKS_MAX);
    measure->nic_rates = rates_devices_new(NICS_MAX);
    if (measure->disk_rates != NULL && measure->nic_rates != NULL)
        return 0;
    measure_deinit(measure);
    return -ENOMEM;
}

void measure_deinit(struct measure *measure)
{
    rates_devices_free(measure->disk_rates);
    rates_devices_free(measure->nic_rates);
    measure->disk_rates = measure->nic_rates = NULL;
}
