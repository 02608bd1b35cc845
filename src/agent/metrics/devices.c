#include "agent/metrics/devices.h"

#include "agent/metrics/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYSFS_TEXT_MAX   256U /* of the files that are read; uevent has about 60 */
#define ROUND_MS_SETTLED 300000U
#define ROUND_MS         60000U
#define ROUND_MS_CHANGED 10000U
#define ASKED_PER_PASS   32U
#define SYSFS_NAMES_MAX  2048U /* the names in a folder; that of an interface has about 500 bytes of them */
#define TYPE_INFINIBAND  32U   /* ARPHRD_INFINIBAND of linux/if_arp.h */

static const char net[] = "/sys/class/net/";

/* ---- what /sys shows ---- */

void devices_put_path(char path[DEVICES_PATH_MAX], const char *folder, const char *name, const char *leaf)
{
    snprintf(path, DEVICES_PATH_MAX, "%s%s%s", folder, name, leaf);
    for (char *c = path + strlen(folder); c < path + strlen(folder) + strlen(name); c++)
        if (*c == '/')
            *c = '!';
}

static bool has(const struct node_source *source, const char *folder, const char *name, const char *leaf)
{
    char path[DEVICES_PATH_MAX];

    devices_put_path(path, folder, name, leaf);
    return source->exists(path, source->arg);
}

/* The file as a string, "" when it can't be read. */
static void read_text(const struct node_source *source, const char *folder, const char *name, const char *leaf,
                      char text[SYSFS_TEXT_MAX])
{
    char path[DEVICES_PATH_MAX];

    devices_put_path(path, folder, name, leaf);
    text[source->read_short(path, text, SYSFS_TEXT_MAX - 1, source->arg)] = '\0';
}

/* Returns whether the file begins with a number. */
static bool read_number(const struct node_source *source, const char *name, const char *leaf, uint64_t *number)
{
    char text[SYSFS_TEXT_MAX];

    read_text(source, net, name, leaf, text);
    if (text[0] < '0' || text[0] > '9')
        return false;
    *number = strtoull(text, NULL, 10);
    return true;
}

static uint32_t read_index(const struct node_source *source, const char *name, const char *leaf)
{
    uint64_t number;

    return read_number(source, name, leaf, &number) && number <= UINT32_MAX ? (uint32_t)number : 0;
}

/* types ends with NULL. */
static bool is_of_type(const struct node_source *source, const char *name, const char *const types[])
{
    char text[SYSFS_TEXT_MAX];

    read_text(source, net, name, "/uevent", text);
    for (; *types != NULL; types++)
        if (strstr(text, *types) != NULL)
            return true;
    return false;
}

/* The names of the interface's files, each between two '/'; "" if there are none: there is no /sys. */
static void list_names(const struct node_source *source, const char *name, char names[SYSFS_NAMES_MAX])
{
    char path[DEVICES_PATH_MAX];

    devices_put_path(path, net, name, "");
    size_t len = source->list(path, names, SYSFS_NAMES_MAX - 2, source->arg);
    names[len] = len > 0 ? '/' : '\0';
    names[len + 1] = '\0';
}

/* ---- physical devices ---- */

bool devices_disk_is_physical(const struct node_source *source, const char *name)
{
    static const char block[] = "/sys/block/";
    char hidden[SYSFS_TEXT_MAX];

    if (!has(source, block, name, "/device"))
        return false;
    read_text(source, block, name, "/hidden", hidden);
    return hidden[0] != '1';
}

/* Whether a switch is attached to the interface below this one. */
static bool is_above_switch(const struct node_source *source, const char *name)
{
    char names[SYSFS_NAMES_MAX];

    list_names(source, name, names);
    const char *below = strstr(names, "/lower_");
    if (below == NULL)
        return false;
    below += strlen("/lower_");
    names[below - names + (ptrdiff_t)strcspn(below, "/")] = '\0';
    return has(source, net, below, "/dsa");
}

/* A DSA port is linked to the interface that the switch is attached to. So is a child interface of InfiniBand to its
 * parent, which does not count the child's packets. */
static bool is_switch_port(const struct node_source *source, const char *name)
{
    static const char *const types[] = {"DEVTYPE=dsa\n", NULL};
    uint32_t index = read_index(source, name, "/ifindex");
    uint32_t below = read_index(source, name, "/iflink");

    if (is_of_type(source, name, types) || is_above_switch(source, name))
        return true;
    return index != 0 && below != 0 && index != below && read_index(source, name, "/type") != TYPE_INFINIBAND;
}

/* Their port names are pf0vf1, pf0sf2 or c1pf0vf1; that of the adapter's own port is p0. Documentation/networking/
 * devlink/devlink-port.rst of the kernel. */
static bool is_representor(const struct node_source *source, const char *name)
{
    char port[SYSFS_TEXT_MAX];

    read_text(source, net, name, "/phys_port_name", port);
    return strstr(port, "pf") != NULL && (strstr(port, "vf") != NULL || strstr(port, "sf") != NULL);
}

bool devices_nic_is_physical(const struct node_source *source, const char *name)
{
    return has(source, net, name, "/device") && !has(source, net, name, "/master/device") &&
           !is_switch_port(source, name) && !is_representor(source, name);
}

/* ---- virtual interfaces ---- */

/* What these carry is carried by another interface too. */
static bool is_bundle_or_part(const char *names)
{
    static const char *const signs[] = {"/bridge/", "/bonding/", "/brport/", "/master/", "/tun_flags/", "/lower_"};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strstr(names, signs[i]) != NULL)
            return true;
    return false;
}

static bool is_tunnel(const struct node_source *source, const char *name)
{
    static const char *const types[] = {"DEVTYPE=vxlan\n",  "DEVTYPE=geneve\n", "DEVTYPE=wireguard\n",
                                        "DEVTYPE=macsec\n", "DEVTYPE=ppp\n",    NULL};

    return is_of_type(source, name, types);
}

/* Peers point to each other; an ifindex of another namespace may only happen to be that of an interface here. A VLAN or
 * macvlan that is not of another namespace points to the interface below it. */
static bool is_linked_inside(const struct node_source *source, struct device_table *table, const struct device *device,
                             const char *name)
{
    static const char *const types[] = {"DEVTYPE=vlan\n", "DEVTYPE=macvlan\n", "DEVTYPE=ipvlan\n", NULL};
    struct device *peer =
        device->peer_index == device->ifindex ? NULL : device_table_find_ifindex(table, device->peer_index);

    if (peer == NULL)
        return false;
    if (peer->peer_index != device->ifindex)
        return is_of_type(source, name, types);
    if (peer->kind != DEVICE_PHYSICAL)
        peer->kind = DEVICE_INSIDE;
    return true;
}

static bool is_inside(const struct node_source *source, struct device_table *table, const struct device *device,
                      const char *name, const char *names)
{
    return is_bundle_or_part(names) || is_linked_inside(source, table, device, name) || is_tunnel(source, name);
}

enum device_kind devices_nic_kind(const struct node_source *source, struct device_table *table, struct device *device,
                                  const char *name, unsigned routes)
{
    bool is_default = (routes & ROUTES_DEFAULT) != 0;
    char names[SYSFS_NAMES_MAX];

    /* Routes to single addresses only: what is behind it is part of the node, as a container in a container. */
    if (strcmp(name, "lo") == 0 || routes == ROUTES_HOST)
        return DEVICE_INSIDE;
    list_names(source, name, names);
    if (names[0] == '\0')
        return is_default ? DEVICE_EDGE : DEVICE_OTHER;
    device_table_set_ifindex(table, device, read_index(source, name, "/ifindex"));
    device->peer_index = read_index(source, name, "/iflink");
    if (is_inside(source, table, device, name, names))
        return is_default ? DEVICE_ROUTED : DEVICE_INSIDE;
    if (is_default || (device->ifindex != 0 && device->peer_index != 0 && device->peer_index != device->ifindex))
        return DEVICE_EDGE;
    return DEVICE_OTHER;
}

void devices_complain(char *text, size_t size, const struct device_table *table, bool is_cut)
{
    if (table->left_out > 0 || is_cut)
        snprintf(text, size, "not all disks or network interfaces count: there are more than %u, or memory is out",
                 table->count);
}

/* ---- when to ask ---- */

static unsigned round_ms(const struct device_asking *asking, bool by_hardware)
{
    if (asking->has_changed)
        return ROUND_MS_CHANGED;
    return by_hardware && !asking->had_changed ? ROUND_MS_SETTLED : ROUND_MS;
}

void devices_begin_pass(struct device_asking *asking, uint64_t uptime_ms, bool by_hardware)
{
    bool is_first = asking->begun_ms == 0;

    if (is_first || (asking->waiting == 0 && uptime_ms - asking->begun_ms >= round_ms(asking, by_hardware))) {
        asking->round++;
        asking->had_changed = asking->has_changed;
        asking->has_changed = false;
        asking->begun_ms = uptime_ms;
    }
    asking->budget = ASKED_PER_PASS;
    asking->waiting = 0;
}

bool devices_ask(struct device_asking *asking, struct device *device)
{
    if (device->kind == DEVICE_NEW) {
        asking->has_changed = true;
    } else {
        if (device->round == asking->round)
            return false;
        if (asking->budget == 0) {
            asking->waiting++;
            return false;
        }
        asking->budget--;
    }
    device->round = asking->round;
    return true;
}

void devices_end_pass(struct device_asking *asking, struct device_table *table)
{
    unsigned before = table->count;

    device_table_end_pass(table);
    asking->has_changed = asking->has_changed || table->count < before;
}
