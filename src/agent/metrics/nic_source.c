#include "agent/metrics/nic_source.h"

#include "agent/config/config.h"
#include "agent/metrics/devices.h"
#include "agent/metrics/procfs.h"
#include "agent/metrics/rates.h"
#include "agent/metrics/routes.h"

#include <string.h>

#define ROUTES_MAX     4096U  /* bytes of /proc/net/route; the default route comes first */
#define ROUTES_MS      10000U /* between two looks at the routes */
#define DEFAULTS_6_MAX 4U
#define LIST_MS        15000U /* between two looks at a long list */
#define LIST_LONG      512U   /* interfaces; fewer are listed in half a millisecond */
#define NAMED_MAX      16U    /* interfaces that are read one by one */

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

    /* The kernel takes 1 us for each interface that it lists, 10 ms for 10,000. A long list is read each 15 s, and in
     * between only the interfaces that count, from files of their own. */
    uint64_t list_due_ms;
    bool is_cut;    /* the list, when it was read last */
    unsigned named; /* 0: the list is read each time */
    char names[NAMED_MAX][PROCFS_DEVICE_NAME_MAX];
};

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
    return device_table_init(&state->table);
}

static void deinit(void *arg, const struct node_source *node)
{
    struct state *state = arg;

    node_source_close(node, &state->net_dev);
    node_source_close(node, &state->net_route);
    node_source_close(node, &state->net_route_6);
    device_table_deinit(&state->table);
}

/* ---- one by one ---- */

/* Returns false, and counts none of them, when one can't be read: it may be gone. */
static bool read_named(struct state *state, const struct node_source *node, uint64_t uptime_ms)
{
    struct device_reading readings[NAMED_MAX] = {{0}};

    for (unsigned i = 0; i < state->named; i++)
        if (!devices_nic_bytes(node, state->names[i], &readings[i].in, &readings[i].out))
            return false;
    rates_devices_begin(&state->rates, uptime_ms);
    for (unsigned i = 0; i < state->named; i++) {
        struct device *device = device_table_find(&state->table, state->names[i]);
        if (device != NULL)
            rates_devices_add(&state->rates, device, &readings[i]);
    }
    return true;
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

/* Notes the name of an interface that counts, for read_named(). */
static void note_name(struct state *state, const struct procfs_device *nic, unsigned count)
{
    if (count < NAMED_MAX)
        memcpy(state->names[count], nic->name, sizeof nic->name);
}

static void count_bytes(struct state *state, struct node_text list)
{
    unsigned count = 0;
    struct device_reading reading = {0};
    struct procfs_device nic;

    while (procfs_next_nic(&list.at, &list.len, &nic)) {
        struct device *device = device_table_find(&state->table, nic.name);
        if (device == NULL || device->kind != state->counted || procfs_nic_bytes(&nic, &reading.in, &reading.out) < 0)
            continue;
        rates_devices_add(&state->rates, device, &reading);
        note_name(state, &nic, count++);
    }
    state->named = state->table.count >= LIST_LONG && count <= NAMED_MAX ? count : 0;
}

static bool read_list(struct state *state, const struct node_source *node, uint64_t uptime_ms)
{
    read_routes(state, node, uptime_ms);
    struct node_text list = node_source_whole(node, &state->net_dev);
    /* A failed read is no pass: it would look as if all interfaces had gone. */
    if (list.len == 0)
        return false;
    state->list_due_ms = uptime_ms + LIST_MS;
    state->is_cut = list.is_cut;
    devices_begin_pass(&state->asking, uptime_ms);
    device_table_begin_pass(&state->table);
    rates_devices_begin(&state->rates, uptime_ms);
    state->counted = find_physical(state, node, list);
    if (state->counted < DEVICE_PHYSICAL)
        state->counted = find_edge(state, node, list);
    count_bytes(state, list);
    device_table_end_pass(&state->table);
    return true;
}

static bool read_nics(void *arg, const struct node_source *node, uint64_t uptime_ms, struct source_part *part)
{
    struct state *state = arg;
    const struct device_totals *totals = &state->rates.totals;

    bool is_read = state->named > 0 && uptime_ms < state->list_due_ms && read_named(state, node, uptime_ms);
    if (!is_read && !read_list(state, node, uptime_ms))
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
