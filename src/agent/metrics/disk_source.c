#include "agent/metrics/disk_source.h"

#include "agent/metrics/devices.h"
#include "agent/metrics/procfs.h"
#include "agent/metrics/rates.h"

struct state {
    struct node_file diskstats;
    struct device_table table;
    struct device_asking asking;
    struct device_rates rates;
};

static int init(void *arg, const struct agent_config *config)
{
    struct state *state = arg;

    (void)config;
    state->diskstats = node_file_at("/proc/diskstats");
    return device_table_init(&state->table);
}

static void deinit(void *arg, const struct node_source *node)
{
    struct state *state = arg;

    node_source_close(node, &state->diskstats);
    device_table_deinit(&state->table);
}

/* Each request increases the sum of events by 1 when it begins, and by 1 or more when it ends. */
static void count_disk(struct state *state, struct device *device, const struct procfs_device *disk)
{
    struct procfs_disk_counters counters;

    if (procfs_disk_counters(disk, &counters) < 0)
        return;
    const struct device_reading reading = {.in = counters.sectors_read,
                                           .out = counters.sectors_written,
                                           .busy_ms = counters.busy_ms,
                                           .events = 2 * counters.completed + counters.in_flight +
                                                     counters.sectors_read + counters.sectors_written,
                                           .in_flight = counters.in_flight};
    rates_devices_add(&state->rates, device, &reading);
}

static void pass(struct state *state, const struct node_source *node, struct node_text text)
{
    struct procfs_device disk;

    while (procfs_next_disk(&text.at, &text.len, &disk)) {
        struct device *device = device_table_find(&state->table, disk.name);
        if (device == NULL)
            continue;
        if (devices_ask(&state->asking, device))
            device->kind = devices_disk_is_physical(node, disk.name) ? DEVICE_PHYSICAL : DEVICE_VIRTUAL;
        if (device->kind == DEVICE_PHYSICAL)
            count_disk(state, device, &disk);
    }
}

static void set_metrics(struct sample *metrics, const struct device_totals *totals)
{
    if (!totals->any)
        return;
    sample_set_counter(metrics, METRIC_DISK_READ, totals->in_total * PROCFS_SECTOR_SIZE);
    sample_set_counter(metrics, METRIC_DISK_WRITE, totals->out_total * PROCFS_SECTOR_SIZE);
    if (totals->has_busy)
        sample_set_gauge(metrics, METRIC_DISK_BUSY, totals->busy_percent);
}

static bool read_disks(void *arg, const struct node_source *node, uint64_t uptime_ms, struct source_part *part)
{
    struct state *state = arg;

    struct node_text text = node_source_whole(node, &state->diskstats);
    /* A failed read is no pass: it would look as if all disks had gone. */
    if (text.len == 0)
        return false;
    devices_begin_pass(&state->asking, uptime_ms);
    device_table_begin_pass(&state->table);
    rates_devices_begin(&state->rates, text.read_ms);
    pass(state, node, text);
    device_table_end_pass(&state->table);
    set_metrics(&part->metrics, &state->rates.totals);
    devices_complain(part->complaint, sizeof part->complaint, &state->table, text.is_cut);
    return true;
}

const struct source disk_source = {
    .name = "disks",
    .state_size = sizeof(struct state),
    .init = init,
    .deinit = deinit,
    .read = read_disks,
};
