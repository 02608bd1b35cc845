#include "agent/metrics/nic_source.h"

#include "agent/config/config.h"
#include "agent/metrics/device_files.h"
#include "agent/metrics/devices.h"
#include "agent/metrics/procfs.h"
#include "agent/metrics/rates.h"
#include "agent/metrics/routes.h"

#include <string.h>

#define ROUTES_MAX     4096U  /* bytes of /proc/net/route; the default route comes first */
#define ROUTES_MS      10000U /* between two looks at the routes */
#define DEFAULTS_6_MAX 4U

struct state {
    struct node_file net_dev;
    struct device_table table;
    struct device_asking asking;
    struct device_rates rates;
    enum device_kind counted; /* the kind that counts */

    /* Only read while there is no physical interface. */
    struct node_file net_route;
    char routes[ROUTES_MAX];
    size_t routes_len;
    struct node_file net_route_6;
    char defaults_6[DEFAULTS_6_MAX][ROUTES_NAME_MAX]; /* interfaces of IPv6 default routes */
    unsigned defaults_6_count;
    uint64_t routes_due_ms;

    struct device_files files;
    bool is_cut; /* the list, when it was read last */
};

static bool parse_statistics(unsigned leaf, struct node_text text, struct device_reading *reading)
{
    return procfs_parse_number(text.at, text.len, leaf == 0 ? &reading->in : &reading->out) == 0;
}

static const struct device_files_kind statistics_files = {
    .folder = "/sys/class/net/", .leaves = {"/statistics/rx_bytes", "/statistics/tx_bytes"}, .parse = parse_statistics};

/* /proc/net below another root still shows the network of the process that reads it, that of process 1 the node's. */
static struct node_file net_file(const struct agent_config *config, const char *of_init, const char *own)
{
    if (config->root[0] == '\0')
        return node_file_at(own);
    struct node_file file = node_file_at(of_init);
    file.other_path = own;
    return file;
}

static int init(void *arg, const struct agent_config *config)
{
    struct state *state = arg;

    state->net_dev = net_file(config, "/proc/1/net/dev", "/proc/net/dev");
    state->net_route = net_file(config, "/proc/1/net/route", "/proc/net/route");
    state->net_route_6 = net_file(config, "/proc/1/net/ipv6_route", "/proc/net/ipv6_route");
    state->files.kind = &statistics_files;
    return device_table_init(&state->table);
}

static void deinit(void *arg, const struct node_source *node)
{
    struct state *state = arg;

    node_source_close(node, &state->net_dev);
    node_source_close(node, &state->net_route);
    node_source_close(node, &state->net_route_6);
    device_files_close(&state->files, node);
    device_table_deinit(&state->table);
}

/* ---- the list ---- */

/* The kernel lists a default route behind the routes to parts of its network. */
static void read_routes_6(struct state *state, const struct node_source *node)
{
    struct node_text text = node_source_whole(node, &state->net_route_6);

    state->defaults_6_count = 0;
    while (state->defaults_6_count < DEFAULTS_6_MAX &&
           routes_next_default_6(&text.at, &text.len, state->defaults_6[state->defaults_6_count]))
        state->defaults_6_count++;
}

static unsigned all_routes_of(const struct state *state, const char *name)
{
    unsigned routes = routes_of(state->routes, state->routes_len, name);

    for (unsigned i = 0; i < state->defaults_6_count; i++)
        if (strcmp(state->defaults_6[i], name) == 0)
            routes |= ROUTES_DEFAULT;
    return routes;
}

static void read_routes(struct state *state, const struct node_source *node, uint64_t uptime_ms)
{
    if (state->counted == DEVICE_PHYSICAL || uptime_ms < state->routes_due_ms)
        return;
    struct node_text text = node_source_head(node, &state->net_route);
    state->routes_due_ms = uptime_ms + ROUTES_MS;
    state->routes_len = text.len < ROUTES_MAX ? text.len : ROUTES_MAX;
    memcpy(state->routes, text.at, state->routes_len);
    read_routes_6(state, node);
}

static enum device_kind higher(enum device_kind a, enum device_kind b)
{
    return a > b ? a : b;
}

/* Finds each interface of the list, and asks whether it is physical. Returns the highest kind. */
static enum device_kind find_physical(struct state *state, const struct node_source *node, struct node_text list)
{
    enum device_kind highest = DEVICE_VIRTUAL;
    struct procfs_device nic;

    while (procfs_next_nic(&list.at, &list.len, &nic)) {
        struct device *device = device_table_find(&state->table, nic.name);
        if (device == NULL)
            continue;
        if (devices_ask(&state->asking, device))
            device->kind = devices_nic_is_physical(node, nic.name) ? DEVICE_PHYSICAL : DEVICE_VIRTUAL;
        highest = higher(highest, device->kind);
    }
    return highest;
}

/* Asks for the kind of each virtual interface. Returns the highest. */
static enum device_kind find_edge(struct state *state, const struct node_source *node, struct node_text list)
{
    enum device_kind highest = DEVICE_OTHER;
    struct procfs_device nic;

    while (procfs_next_nic(&list.at, &list.len, &nic)) {
        struct device *device = device_table_find(&state->table, nic.name);
        if (device == NULL)
            continue;
        if (device->kind == DEVICE_VIRTUAL)
            device->kind = devices_nic_kind(node, &state->table, device, nic.name, all_routes_of(state, nic.name));
        highest = higher(highest, device->kind);
    }
    return highest;
}

static void count_bytes(struct state *state, const struct node_source *node, struct node_text list)
{
    struct device_reading reading = {0};
    struct procfs_device nic;

    while (procfs_next_nic(&list.at, &list.len, &nic)) {
        struct device *device = device_table_find(&state->table, nic.name);
        if (device == NULL || device->kind != state->counted || procfs_nic_bytes(&nic, &reading.in, &reading.out) < 0)
            continue;
        rates_devices_add(&state->rates, device, &reading);
        device_files_note(&state->files, node, nic.name, &reading);
    }
}

static bool read_list(struct state *state, const struct node_source *node, uint64_t uptime_ms)
{
    read_routes(state, node, uptime_ms);
    struct node_text list = node_source_whole(node, &state->net_dev);
    /* A failed read is no pass: it would look as if all interfaces had gone. */
    if (list.len == 0)
        return false;
    state->is_cut = list.is_cut;
    devices_begin_pass(&state->asking, uptime_ms, state->counted == DEVICE_PHYSICAL);
    device_table_begin_pass(&state->table);
    rates_devices_begin(&state->rates, uptime_ms);
    state->counted = find_physical(state, node, list);
    if (state->counted < DEVICE_PHYSICAL)
        state->counted = find_edge(state, node, list);
    device_files_begin(&state->files, uptime_ms);
    count_bytes(state, node, list);
    devices_end_pass(&state->asking, &state->table);
    device_files_end(&state->files, node, &state->net_dev, state->table.count);
    return true;
}

static bool read_nics(void *arg, const struct node_source *node, uint64_t uptime_ms, struct source_part *part)
{
    struct state *state = arg;
    const struct device_totals *totals = &state->rates.totals;

    if (!device_files_read(&state->files, node, uptime_ms, &state->table, &state->rates) &&
        !read_list(state, node, uptime_ms))
        return false;
    if (totals->any) {
        sample_set_counter(&part->metrics, METRIC_NET_RX, totals->in_total);
        sample_set_counter(&part->metrics, METRIC_NET_TX, totals->out_total);
    }
    devices_complain(part->complaint, sizeof part->complaint, &state->table, state->is_cut);
    return true;
}

const struct source nic_source = {
    .name = "network",
    .state_size = sizeof(struct state),
    .init = init,
    .deinit = deinit,
    .read = read_nics,
};
