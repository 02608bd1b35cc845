#include "agent/metrics/disk_source.h"

#include "agent/metrics/device_files.h"
#include "agent/metrics/devices.h"
#include "agent/metrics/procfs.h"
#include "agent/metrics/rates.h"

struct state {
    struct node_file diskstats;
    struct device_table table;
    struct device_asking asking;
    struct device_rates rates;
    struct device_files files;
    bool is_cut; /* the list, when it was read last */
};

/* Each request increases the sum of events by 1 when it begins, and by 1 or more when it ends. */
static struct device_reading reading_of(const struct procfs_disk_counters *counters)
{
    return (struct device_reading){.in = counters->sectors_read,
                                   .out = counters->sectors_written,
                                   .busy_ms = counters->busy_ms,
                                   .events = 2 * counters->completed + counters->in_flight + counters->sectors_read +
                                             counters->sectors_written,
                                   .in_flight = counters->in_flight};
}

static bool parse_stat(unsigned leaf, struct node_text text, struct device_reading *reading)
{
    struct procfs_disk_counters counters;

    (void)leaf;
    if (procfs_parse_disk_stat(text.at, text.len, &counters) < 0)
        return false;
    *reading = reading_of(&counters);
    return true;
}

static const struct device_files_kind stat_files = {.folder = "/sys/block/", .leaves = {"/stat"}, .parse = parse_stat};

static int init(void *arg, const struct agent_config *config)
{
    struct state *state = arg;

    (void)config;
    state->diskstats = node_file_at("/proc/diskstats");
    state->files.kind = &stat_files;
    return device_table_init(&state->table);
}

static void deinit(void *arg, const struct node_source *node)
{
    struct state *state = arg;

    node_source_close(node, &state->diskstats);
    device_files_close(&state->files, node);
    device_table_deinit(&state->table);
}

static void count_disk(struct state *state, const struct node_source *node, struct device *device,
                       const struct procfs_device *disk)
{
    struct procfs_disk_counters counters;

    if (procfs_disk_counters(disk, &counters) < 0)
        return;
    const struct device_reading reading = reading_of(&counters);
    rates_devices_add(&state->rates, device, &reading);
    device_files_note(&state->files, node, disk->name, &reading);
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
            count_disk(state, node, device, &disk);
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

static bool read_list(struct state *state, const struct node_source *node, uint64_t uptime_ms)
{
    struct node_text text = node_source_whole(node, &state->diskstats);
    /* A failed read is no pass: it would look as if all disks had gone. */
    if (text.len == 0)
        return false;
    state->is_cut = text.is_cut;
    devices_begin_pass(&state->asking, uptime_ms, true);
    device_table_begin_pass(&state->table);
    rates_devices_begin(&state->rates, text.read_ms);
    device_files_begin(&state->files, uptime_ms);
    pass(state, node, text);
    devices_end_pass(&state->asking, &state->table);
    device_files_end(&state->files, node, &state->diskstats, state->table.count);
    return true;
}

static bool read_disks(void *arg, const struct node_source *node, uint64_t uptime_ms, struct source_part *part)
{
    struct state *state = arg;

    if (!device_files_read(&state->files, node, uptime_ms, &state->table, &state->rates) &&
        !read_list(state, node, uptime_ms))
        return false;
    set_metrics(&part->metrics, &state->rates.totals);
    devices_complain(part->complaint, sizeof part->complaint, &state->table, state->is_cut);
    return true;
}

const struct source disk_source = {
    .name = "disks",
    .state_size = sizeof(struct state),
    .init = init,
    .deinit = deinit,
    .read = read_disks,
};
