/* Which devices count, and how often /sys is asked. */
#include "agent/metrics/devices.h"

#include "agent/metrics/routes.h"

#include "support/fake_sys.h"
#include "support/suite.h"

#include <check.h>
#include <stdio.h>

static const struct node_source source = {FAKE_SYS_SOURCE};

#define NET "/sys/class/net/"

/* ---- physical devices ---- */

static const struct {
    bool (*rule)(const struct node_source *source, const char *name);
    const char *name;
    const char *sys[4];
    bool physical;
} physical[] = {
    {devices_disk_is_physical, "sda", {"/sys/block/sda/device"}, true},
    {devices_disk_is_physical, "sda", {"/sys/block/sdb/device"}, false},
    {devices_disk_is_physical, "sda1", {"/sys/block/sda/device"}, false},
    {devices_disk_is_physical, "dm-0", {"/sys/block/dm-0"}, false},
    {devices_disk_is_physical, "nvme0n1", {"/sys/block/nvme0n1/device", "/sys/block/nvme0n1/hidden=0\n"}, true},
    {devices_disk_is_physical, "nvme0c0n1", {"/sys/block/nvme0c0n1/device", "/sys/block/nvme0c0n1/hidden=1\n"}, false},
    {devices_disk_is_physical, "cciss/c0d0", {"/sys/block/cciss!c0d0/device"}, true},
    {devices_nic_is_physical, "eth0", {NET "eth0/device"}, true},
    {devices_nic_is_physical, "br0", {NET "br0/bridge"}, false},
    /* Under a bond, and under another card. */
    {devices_nic_is_physical, "eth1", {NET "eth1/device", NET "eth1/master/bonding"}, true},
    {devices_nic_is_physical, "vf0", {NET "vf0/device", NET "vf0/master/device"}, false},
    /* The card that a switch is attached to, and ports of the switch. */
    {devices_nic_is_physical, "eth0", {NET "eth0/device", NET "eth0/ifindex=2\n", NET "eth0/iflink=2\n"}, true},
    {devices_nic_is_physical, "lan1", {NET "lan1/device", NET "lan1/ifindex=4\n", NET "lan1/iflink=2\n"}, false},
    {devices_nic_is_physical, "lan2", {NET "lan2/device", NET "lan2/uevent=DEVTYPE=dsa\nINTERFACE=lan2\n"}, false},
    {devices_nic_is_physical, "lan3", {NET "lan3/device", NET "lan3/lower_eth0", NET "eth0/dsa/tagging"}, false},
    {devices_nic_is_physical, "lan4", {NET "lan4/device", NET "lan4/lower_eth0", NET "eth0/device"}, true},
    {devices_nic_is_physical, "wlan0", {NET "wlan0/device", NET "wlan0/uevent=DEVTYPE=wlan\n"}, true},
    /* A child interface of InfiniBand. */
    {devices_nic_is_physical,
     "ib0.8001",
     {NET "ib0.8001/device", NET "ib0.8001/ifindex=4\n", NET "ib0.8001/iflink=2\n", NET "ib0.8001/type=32\n"},
     true},
    /* A card whose virtual functions have representors. */
    {devices_nic_is_physical, "p0", {NET "p0/device", NET "p0/phys_port_name=p0\n"}, true},
    {devices_nic_is_physical, "r0", {NET "r0/device", NET "r0/phys_port_name=pf0vf3\n"}, false},
    {devices_nic_is_physical, "r1", {NET "r1/device", NET "r1/phys_port_name=c1pf0sf1\n"}, false},
};

START_TEST(physical_devices_are_known_by_sysfs)
{
    const char *sys[5] = {physical[_i].sys[0], physical[_i].sys[1], physical[_i].sys[2], physical[_i].sys[3], NULL};

    fake_sys = sys;
    ck_assert_int_eq(physical[_i].rule(&source, physical[_i].name), physical[_i].physical);
}
END_TEST

/* ---- virtual interfaces ---- */

static struct device_table table;
static struct device_asking asking;
static bool by_hardware;

static void begin(void)
{
    memset(&asking, 0, sizeof asking);
    by_hardware = false;
    fake_sys = NULL;
    fake_sys_questions = 0;
    ck_assert_int_eq(device_table_init(&table), 0);
    device_table_begin_pass(&table);
    devices_begin_pass(&asking, 1000, false);
}

static void end(void)
{
    device_table_deinit(&table);
}

#define ROUTES                                                                                                         \
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"                                                 \
    "eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\n"                                                              \
    "br0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\n"                                                               \
    "eth1\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\n"                                                              \
    "cali1\t020011AC\t00000000\t0005\t0\t0\t0\tFFFFFFFF\n"

static enum device_kind kind(const char *name)
{
    struct device *device = device_table_find(&table, name);

    device->kind = devices_nic_kind(&source, &table, device, name, routes_of(ROUTES, strlen(ROUTES), name));
    return device->kind;
}

static const struct {
    const char *name;
    const char *sys[3];
    enum device_kind kind;
} virtual[] = {
    {"lo", {NET "lo/mtu"}, DEVICE_INSIDE},
    {"dummy0", {NET "dummy0/ifindex=3\n", NET "dummy0/iflink=3\n"}, DEVICE_OTHER},
    {"veth1", {NET "veth1/ifindex=3\n", NET "veth1/iflink=9\n"}, DEVICE_EDGE},
    {"veth1", {NET "veth1/ifindex=3\n", NET "veth1/iflink=9\n", NET "veth1/brport/state"}, DEVICE_INSIDE},
    {"veth1", {NET "veth1/ifindex=3\n", NET "veth1/iflink=9\n", NET "veth1/master/bridge"}, DEVICE_INSIDE},
    {"tunl0", {NET "tunl0/ifindex=3\n", NET "tunl0/iflink=0\n"}, DEVICE_OTHER},
    {"docker0", {NET "docker0/bridge/x"}, DEVICE_INSIDE},
    {"bond0", {NET "bond0/bonding/x"}, DEVICE_INSIDE},
    {"tun0", {NET "tun0/tun_flags=0x1\n"}, DEVICE_INSIDE},
    {"team0", {NET "team0/lower_eth0"}, DEVICE_INSIDE},
    {"vxlan0", {NET "vxlan0/uevent=DEVTYPE=vxlan\nINTERFACE=vxlan0\n"}, DEVICE_INSIDE},
    {"wg0", {NET "wg0/uevent=DEVTYPE=wireguard\n"}, DEVICE_INSIDE},
    /* The default route. */
    {"eth0", {NET "eth0/address"}, DEVICE_EDGE},
    {"br0", {NET "br0/bridge/x"}, DEVICE_ROUTED},
    {"eth1", {NET "eth1/address"}, DEVICE_OTHER},
    /* The way to a single address, a container's in this container. */
    {"cali1", {NET "cali1/ifindex=3\n", NET "cali1/iflink=9\n"}, DEVICE_INSIDE},
    /* A VLAN of another namespace. */
    {"eth2", {NET "eth2/ifindex=3\n", NET "eth2/iflink=9\n", NET "eth2/uevent=DEVTYPE=vlan\n"}, DEVICE_EDGE},
    /* No /sys. */
    {"lo", {NULL}, DEVICE_INSIDE},
    {"eth0", {NULL}, DEVICE_EDGE},
    {"venet0", {NULL}, DEVICE_OTHER},
};

START_TEST(virtual_interface_is_inside_or_at_the_edge)
{
    const char *sys[4] = {virtual[_i].sys[0], virtual[_i].sys[1], virtual[_i].sys[2], NULL};

    fake_sys = sys;
    ck_assert_msg(kind(virtual[_i].name) == virtual[_i].kind, "row %d, %s", _i, virtual[_i].name);
}
END_TEST

START_TEST(both_ends_of_a_pair_are_inside)
{
    fake_sys =
        (const char *const[]){NET "a/ifindex=3\n", NET "a/iflink=4\n", NET "b/ifindex=4\n", NET "b/iflink=3\n", NULL};
    ck_assert_int_eq(kind("a"), DEVICE_EDGE); /* b is not known yet */
    ck_assert_int_eq(kind("b"), DEVICE_INSIDE);
    ck_assert_int_eq(device_table_find(&table, "a")->kind, DEVICE_INSIDE);
    ck_assert_int_eq(kind("a"), DEVICE_INSIDE);
}
END_TEST

START_TEST(index_of_another_namespace_is_not_that_of_an_interface_here)
{
    fake_sys = (const char *const[]){NET "x/ifindex=2\n",      NET "x/iflink=7\n",   NET "docker0/ifindex=7\n",
                                     NET "docker0/iflink=7\n", NET "docker0/bridge", NULL};
    (void)kind("docker0");
    ck_assert_int_eq(kind("x"), DEVICE_EDGE);
}
END_TEST

START_TEST(vlan_on_an_interface_here_is_inside)
{
    fake_sys = (const char *const[]){NET "eth2/ifindex=2\n",
                                     NET "eth2/iflink=9\n",
                                     NET "eth2.5/ifindex=3\n",
                                     NET "eth2.5/iflink=2\n",
                                     NET "eth2.5/uevent=DEVTYPE=vlan\n",
                                     NULL};
    ck_assert_int_eq(kind("eth2"), DEVICE_EDGE);
    ck_assert_int_eq(kind("eth2.5"), DEVICE_INSIDE);
}
END_TEST

/* ---- when to ask ---- */

/* Devices of count that are asked about in a pass. */
static unsigned asked_at(uint64_t uptime_ms, unsigned count)
{
    unsigned asked = 0;

    device_table_begin_pass(&table);
    devices_begin_pass(&asking, uptime_ms, by_hardware);
    for (unsigned i = 0; i < count; i++) {
        char name[16];

        snprintf(name, sizeof name, "eth%u", i);
        struct device *device = device_table_find(&table, name);
        if (devices_ask(&asking, device)) {
            asked++;
            device->kind = DEVICE_VIRTUAL;
        }
    }
    devices_end_pass(&asking, &table);
    return asked;
}

START_TEST(device_is_asked_about_when_it_is_new_after_10_s_and_then_each_minute)
{
    ck_assert_uint_eq(asked_at(100000, 3), 3);
    for (uint64_t s = 101; s < 110; s++)
        ck_assert_uint_eq(asked_at(s * 1000, 3), 0);
    ck_assert_uint_eq(asked_at(110000, 3), 3);
    for (uint64_t s = 111; s < 170; s++)
        ck_assert_uint_eq(asked_at(s * 1000, 3), 0);
    ck_assert_uint_eq(asked_at(170000, 3), 3);
    ck_assert_uint_eq(asked_at(171000, 5), 2);
    ck_assert_uint_eq(asked_at(172000, 3), 0);
    ck_assert_uint_eq(asked_at(173000, 5), 2); /* they were away */
    ck_assert_uint_eq(asked_at(179000, 5), 0);
    ck_assert_uint_eq(asked_at(180000, 5), 5);
    ck_assert_uint_eq(asked_at(239000, 5), 0);
}
END_TEST

START_TEST(physical_devices_are_asked_about_each_five_minutes_while_their_names_are_the_same)
{
    by_hardware = true;
    ck_assert_uint_eq(asked_at(400000, 3), 3);
    ck_assert_uint_eq(asked_at(409000, 3), 0);
    ck_assert_uint_eq(asked_at(410000, 3), 3);
    ck_assert_uint_eq(asked_at(469000, 3), 0);
    ck_assert_uint_eq(asked_at(470000, 3), 3);
    ck_assert_uint_eq(asked_at(769000, 3), 0);
    ck_assert_uint_eq(asked_at(770000, 3), 3);
    ck_assert_uint_eq(asked_at(785000, 4), 1);
    ck_assert_uint_eq(asked_at(800000, 4), 4);
    ck_assert_uint_eq(asked_at(860000, 4), 4);
    ck_assert_uint_eq(asked_at(1000000, 3), 0);
    ck_assert_uint_eq(asked_at(1015000, 3), 3); /* one had gone */
    ck_assert_uint_eq(asked_at(1075000, 3), 3);
    ck_assert_uint_eq(asked_at(1374000, 3), 0);
    ck_assert_uint_eq(asked_at(1375000, 3), 3);
}
END_TEST

/* Also when the machine has been up for less than a round. */
START_TEST(the_first_list_begins_a_round)
{
    memset(&asking, 0, sizeof asking);
    ck_assert_uint_eq(asked_at(20000, 3), 3);
    ck_assert_uint_eq(asked_at(29000, 3), 0);
    ck_assert_uint_eq(asked_at(30000, 3), 3);
}
END_TEST

START_TEST(many_devices_are_asked_about_in_turn)
{
    unsigned asked = 0;

    ck_assert_uint_eq(asked_at(100000, 3000), 3000);
    for (uint64_t s = 110; s < 110 + 3000 / 32; s++) {
        ck_assert_uint_eq(asked_at(s * 1000, 3000), 32);
        asked += 32;
    }
    ck_assert_uint_eq(asked_at(203000, 3000), 3000 - asked);
    /* The next round. */
    ck_assert_uint_eq(asked_at(204000, 3000), 32);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devices");
    TCase *tests = tcase_create("devices");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_loop_test(tests, physical_devices_are_known_by_sysfs, 0, sizeof physical / sizeof physical[0]);
    tcase_add_loop_test(tests, virtual_interface_is_inside_or_at_the_edge, 0, sizeof virtual / sizeof virtual[0]);
    tcase_add_test(tests, both_ends_of_a_pair_are_inside);
    tcase_add_test(tests, index_of_another_namespace_is_not_that_of_an_interface_here);
    tcase_add_test(tests, vlan_on_an_interface_here_is_inside);
    tcase_add_test(tests, device_is_asked_about_when_it_is_new_after_10_s_and_then_each_minute);
    tcase_add_test(tests, physical_devices_are_asked_about_each_five_minutes_while_their_names_are_the_same);
    tcase_add_test(tests, the_first_list_begins_a_round);
    tcase_add_test(tests, many_devices_are_asked_about_in_turn);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
