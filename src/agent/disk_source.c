#include "agent/disk_source.h"

#include "agent/devices.h"
#include "agent/procfs.h"
#include "agent/rates.h"
#include "common/limits.h"

#include <errno.h>

struct state {
    struct node_file diskstats;
    struct device_rates *rates;
    struct device_names names;
};

static int init(void *arg, const struct agent_config *config)
{
    struct state *state = arg;

    (void)config;
    state->diskstats = node_file_at("/proc/diskstats");
    state->rates = rates_devices_new(DISKS_MAX);
    return state->rates == NULL ? -ENOMEM : 0;
}

static void deinit(void *arg, const struct node_source *node)
{
    struct state *state = arg;

    node_source_close(node, &state->diskstats);
    rates_devices_free(state->rates);
}

static bool read_disks(void *arg, const struct node_source *node, uint64_t uptime_ms, struct source_part *part)
{
    struct state *state = arg;
    struct device_totals totals;
    struct procfs_disk disk;

    struct node_text text = node_source_whole(node, &state->diskstats);
    /* A failed read is no pass: it would look as if all disks had gone. */
    if (text.len == 0)
        return false;
    rates_devices_begin(state->rates, uptime_ms);
    while (procfs_next_disk(&text.at, &text.len, &disk))
        if (devices_physical(&state->names, disk.name, devices_disk_is_physical, node))
            rates_devices_add(state->rates, disk.name, disk.read_bytes, disk.written_bytes, disk.busy_ms);
    rates_devices_end(state->rates, &totals);
    devices_end_pass(&state->names);
    if (totals.any) {
        sample_set_counter(&part->metrics, METRIC_DISK_READ, totals.in_total);
        sample_set_counter(&part->metrics, METRIC_DISK_WRITE, totals.out_total);
    }
    if (totals.any && totals.has_busy)
        sample_set_gauge(&part->metrics, METRIC_DISK_BUSY, totals.busy_percent);
    return true;
}

const struct source disk_source = {
    .name = "disks",
    .state_size = sizeof(struct state),
    .init = init,
    .deinit = deinit,
    .read = read_disks,
};
