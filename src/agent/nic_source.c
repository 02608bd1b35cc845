#include "agent/nic_source.h"

#include "agent/devices.h"
#include "agent/procfs.h"
#include "agent/rates.h"
#include "common/limits.h"

#include <errno.h>
#include <string.h>

struct state {
    struct node_file net_dev;
    struct device_rates *rates;
    struct device_names names;
};

static int init(void *arg, const struct agent_config *config)
{
    struct state *state = arg;

    (void)config;
    state->net_dev = node_file_at("/proc/net/dev");
    state->rates = rates_devices_new(NICS_MAX);
    return state->rates == NULL ? -ENOMEM : 0;
}

static void deinit(void *arg, const struct node_source *node)
{
    struct state *state = arg;

    node_source_close(node, &state->net_dev);
    rates_devices_free(state->rates);
}

static bool is_physical(struct state *state, const struct node_source *node, const struct procfs_nic *nic)
{
    return devices_physical(&state->names, nic->name, devices_nic_is_physical, node);
}

static bool any_physical(struct state *state, const struct node_source *node, struct node_text text)
{
    struct procfs_nic nic;

    while (procfs_next_nic(&text.at, &text.len, &nic))
        if (is_physical(state, node, &nic))
            return true;
    return false;
}

/* Physical interfaces only; where there are none, as in a container, all but the loopback. */
static bool read_nics(void *arg, const struct node_source *node, uint64_t uptime_ms, struct source_part *part)
{
    struct state *state = arg;
    struct device_totals totals;
    struct procfs_nic nic;

    struct node_text text = node_source_whole(node, &state->net_dev);
    if (text.len == 0)
        return false;
    bool only_physical = any_physical(state, node, text);
    rates_devices_begin(state->rates, uptime_ms);
    while (procfs_next_nic(&text.at, &text.len, &nic)) {
        bool physical = is_physical(state, node, &nic);
        if (only_physical ? physical : strcmp(nic.name, "lo") != 0)
            rates_devices_add(state->rates, nic.name, nic.rx_bytes, nic.tx_bytes, 0);
    }
    rates_devices_end(state->rates, &totals);
    devices_end_pass(&state->names);
    if (totals.any) {
        sample_set_counter(&part->metrics, METRIC_NET_RX, totals.in_total);
        sample_set_counter(&part->metrics, METRIC_NET_TX, totals.out_total);
    }
    return true;
}

const struct source nic_source = {
    .name = "network",
    .state_size = sizeof(struct state),
    .init = init,
    .deinit = deinit,
    .read = read_nics,
};
