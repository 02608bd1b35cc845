/* Bytes that cross the node's edge: which interfaces count, and which files are read for it. */
#include "agent/metrics/nic_source.h"

#include "agent/config/config.h"
#include "support/fake_sys.h"
#include "support/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NET "/sys/class/net/"

static void *state;
static const char *list; /* /proc/net/dev; NULL: can't be read */
static bool is_cut;      /* it goes on */
static const char *routes;
static const char *routes_6;
static unsigned lists_read, routes_read;

static struct node_text read_statistics(const struct node_file *file)
{
    static char text[32];

    return (struct node_text){.at = text, .len = fake_sys_on_read_short(file->path, text, sizeof text, NULL)};
}

static struct node_text on_read(struct node_file *file, bool whole, void *arg)
{
    bool is_list = strcmp(file->path, "/proc/net/dev") == 0;
    bool is_6 = strcmp(file->path, "/proc/net/ipv6_route") == 0;
    const char *found = is_list ? list : is_6 ? routes_6 : routes;

    (void)arg;
    file->is_prompt = true;
    if (strncmp(file->path, NET, strlen(NET)) == 0)
        return read_statistics(file);
    ck_assert_int_eq(whole, is_list || is_6);
    ck_assert(is_list || is_6 || strcmp(file->path, "/proc/net/route") == 0);
    ck_assert_ptr_null(file->other_path);
    *(is_list ? &lists_read : &routes_read) += !is_6;
    return (struct node_text){
        .at = found == NULL ? "" : found, .len = found == NULL ? 0 : strlen(found), .is_cut = is_list && is_cut};
}

static void on_close(struct node_file *file, void *arg)
{
    (void)arg;
    ck_assert_int_eq(file->fd, -1);
}

static const struct node_source source = {.read = on_read, .close = on_close, FAKE_SYS_SOURCE};

static void begin(void)
{
    state = calloc(1, nic_source.state_size);
    ck_assert_ptr_nonnull(state);
    ck_assert_int_eq(nic_source.init(state, &agent_config_defaults), 0);
    fake_sys = NULL;
    list = routes = routes_6 = NULL;
    lists_read = routes_read = 0;
    is_cut = false;
}

static void end(void)
{
    nic_source.deinit(state, &source);
    free(state);
}

/* -1: absent. */
static int64_t rx_at(uint64_t uptime_ms)
{
    struct source_part part = {0};

    bool is_read = nic_source.read(state, &source, uptime_ms, &part);
    ck_assert(is_read == sample_has(&part.metrics, METRIC_NET_RX));
    ck_assert(is_read == sample_has(&part.metrics, METRIC_NET_TX));
    ck_assert_str_eq(part.complaint, "");
    return is_read ? (int64_t)part.metrics.value[METRIC_NET_RX].counter : -1;
}

#define LINE(name, rx) name ": " rx " 0 0 0 0 0 0 0 0 0\n"

START_TEST(physical_interfaces_alone_count)
{
    fake_sys = (const char *const[]){NET "eth0/device", NET "veth1/ifindex=3\n", NET "veth1/iflink=4\n", NULL};
    list = LINE("lo", "900") LINE("eth0", "10") LINE("veth1", "5");
    ck_assert_int_eq(rx_at(1000), 10);
}
END_TEST

START_TEST(interfaces_whose_peer_is_outside_count_where_none_is_physical)
{
    fake_sys = (const char *const[]){NET "eth0/ifindex=2\n",   NET "eth0/iflink=7\n",   NET "docker0/bridge",
                                     NET "veth1/ifindex=5\n",  NET "veth1/iflink=2\n",  NET "veth1/brport",
                                     NET "dummy0/ifindex=6\n", NET "dummy0/iflink=6\n", NULL};
    list = LINE("lo", "900") LINE("eth0", "10") LINE("docker0", "20") LINE("veth1", "40") LINE("dummy0", "80");
    ck_assert_int_eq(rx_at(1000), 10);
}
END_TEST

START_TEST(interface_of_the_default_route_counts_where_no_peer_is_known)
{
    routes = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"
             "venet0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\n";
    list = LINE("lo", "900") LINE("venet0", "10") LINE("tun5", "20");
    ck_assert_int_eq(rx_at(1000), 10);
}
END_TEST

#define ZEROS   "00000000000000000000000000000000"
#define TO_NET  "fd000000000000000000000000000000 40 " ZEROS " 00 " ZEROS " 00000100 00000001 00000000 00000001     "
#define DEFAULT ZEROS " 00 " ZEROS " 00 fd000000000000000000000000000001 00000400 00000003 00000000 00000003     "
#define NOWHERE ZEROS " 00 " ZEROS " 00 " ZEROS " ffffffff 00000001 00000000 00200200       "

START_TEST(default_route_may_be_of_ipv6_only)
{
    routes = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"
             "tun5\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\n";
    routes_6 = TO_NET "tun5\n" TO_NET "venet0\n" DEFAULT "venet0\n" NOWHERE "lo\n" NOWHERE "tun5\n";
    list = LINE("lo", "900") LINE("venet0", "10") LINE("tun5", "20");
    ck_assert_int_eq(rx_at(1000), 10);
    routes_6 = DEFAULT "tun5\n" DEFAULT "venet0\n"; /* it has moved */
    ck_assert_int_eq(rx_at(11000), 10);
    list = LINE("lo", "900") LINE("venet0", "11") LINE("tun5", "22");
    ck_assert_int_eq(rx_at(12000), 13);
}
END_TEST

START_TEST(bridge_of_the_default_route_counts_when_nothing_better_is_known)
{
    fake_sys = (const char *const[]){NET "br0/bridge", NET "eth0/brport", NET "dummy0/mtu", NULL};
    routes = "br0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\n";
    list = LINE("lo", "900") LINE("eth0", "10") LINE("br0", "20") LINE("dummy0", "40");
    ck_assert_int_eq(rx_at(1000), 20);
}
END_TEST

START_TEST(without_any_knowledge_all_but_the_loopback_count)
{
    list = LINE("lo", "900") LINE("eth0", "10") LINE("tun10001:1", "20");
    ck_assert_int_eq(rx_at(1000), 30);
}
END_TEST

START_TEST(failed_read_is_not_taken_for_interfaces_that_went)
{
    fake_sys = (const char *const[]){NET "eth0/device", NULL};
    list = LINE("eth0", "10");
    ck_assert_int_eq(rx_at(1000), 10);
    list = NULL;
    ck_assert_int_eq(rx_at(2000), -1);
    list = LINE("eth0", "15");
    ck_assert_int_eq(rx_at(3000), 15);
}
END_TEST

/* A virtual function comes a while before the adapter that it serves becomes its master. */
START_TEST(master_that_an_interface_gets_later_is_noticed)
{
    fake_sys = (const char *const[]){NET "eth0/device", NET "vf0/device", NULL};
    list = LINE("eth0", "10") LINE("vf0", "10");
    ck_assert_int_eq(rx_at(1000), 20);
    fake_sys = (const char *const[]){NET "eth0/device", NET "vf0/device", NET "vf0/master/device", NULL};
    (void)rx_at(11000);
    list = LINE("eth0", "13") LINE("vf0", "13");
    ck_assert_int_eq(rx_at(12000), 23);
}
END_TEST

START_TEST(interface_that_comes_counts_from_then_on)
{
    fake_sys = (const char *const[]){NET "eth0/device", NET "eth1/device", NULL};
    list = LINE("eth0", "10");
    ck_assert_int_eq(rx_at(1000), 10);
    list = LINE("eth0", "10") LINE("eth1", "500");
    ck_assert_int_eq(rx_at(2000), 10);
    list = LINE("eth0", "11") LINE("eth1", "502");
    ck_assert_int_eq(rx_at(3000), 13);
}
END_TEST

START_TEST(routes_are_read_each_10_s_and_only_without_a_physical_interface)
{
    list = LINE("eth0", "10");
    routes = "";
    for (uint64_t s = 1; s <= 20; s++)
        (void)rx_at(s * 1000);
    ck_assert_uint_eq(routes_read, 2);
    fake_sys = (const char *const[]){NET "eth0/device", NULL};
    for (uint64_t s = 21; s <= 200; s++)
        (void)rx_at(s * 1000);
    ck_assert_uint_le(routes_read, 8); /* /sys is asked again at 71 s */
}
END_TEST

/* ---- a long list ---- */

#define MANY 10000U

static char *many;

/* eth0, and many others. */
static void set_many(unsigned rx)
{
    size_t size = (size_t)MANY * 64;
    size_t len;

    free(many);
    many = malloc(size);
    ck_assert_ptr_nonnull(many);
    len = (size_t)snprintf(many, size, "eth0: %u 0 0 0 0 0 0 0 0 0\n", rx);
    for (unsigned i = 0; i < MANY; i++)
        len += (size_t)snprintf(many + len, size - len, "veth%u: 1000000 0 0 0 0 0 0 0 1000000 0\n", i);
    list = many;
}

static void end_many(void)
{
    end();
    free(many);
    many = NULL;
}

START_TEST(long_list_is_read_each_15_s)
{
    fake_sys = (const char *const[]){NET "eth0/device", NET "eth0/statistics/rx_bytes=12\n",
                                     NET "eth0/statistics/tx_bytes=0\n", NULL};
    set_many(10);
    ck_assert_int_eq(rx_at(1000), 10);
    for (uint64_t s = 2; s < 16; s++)
        ck_assert_int_eq(rx_at(s * 1000), 12);
    ck_assert_uint_eq(lists_read, 1);
    set_many(20);
    ck_assert_int_eq(rx_at(16000), 20);
    ck_assert_uint_eq(lists_read, 2);
}
END_TEST

START_TEST(long_list_is_read_each_time_where_interfaces_have_no_files_of_their_own)
{
    fake_sys = (const char *const[]){NET "eth0/device", NULL};
    set_many(10);
    for (uint64_t s = 1; s < 4; s++)
        ck_assert_int_eq(rx_at(s * 1000), 10);
    ck_assert_uint_eq(lists_read, 3);
}
END_TEST

START_TEST(long_list_is_read_when_an_interface_that_counts_is_gone)
{
    fake_sys = (const char *const[]){NET "eth0/device", NET "eth0/statistics/rx_bytes=12\n",
                                     NET "eth0/statistics/tx_bytes=0\n", NULL};
    set_many(10);
    ck_assert_int_eq(rx_at(1000), 10);
    ck_assert_int_eq(rx_at(2000), 12);
    fake_sys = NULL;
    list = NULL;
    ck_assert_int_eq(rx_at(3000), -1);
    ck_assert_uint_eq(lists_read, 2);
}
END_TEST

START_TEST(list_that_is_too_long_is_a_complaint)
{
    struct source_part part = {0};

    list = "a\nb\n eth0: 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0\n eth1: 1 0";
    is_cut = true;
    ck_assert(nic_source.read(state, &source, 1000, &part));
    ck_assert_str_eq(part.complaint,
                     "not all disks or network interfaces count: there are more than 1, or memory is out");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nic_source");
    TCase *tests = tcase_create("nic_source");
    TCase *long_lists = tcase_create("long lists");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, physical_interfaces_alone_count);
    tcase_add_test(tests, interfaces_whose_peer_is_outside_count_where_none_is_physical);
    tcase_add_test(tests, interface_of_the_default_route_counts_where_no_peer_is_known);
    tcase_add_test(tests, default_route_may_be_of_ipv6_only);
    tcase_add_test(tests, bridge_of_the_default_route_counts_when_nothing_better_is_known);
    tcase_add_test(tests, without_any_knowledge_all_but_the_loopback_count);
    tcase_add_test(tests, failed_read_is_not_taken_for_interfaces_that_went);
    tcase_add_test(tests, master_that_an_interface_gets_later_is_noticed);
    tcase_add_test(tests, interface_that_comes_counts_from_then_on);
    tcase_add_test(tests, routes_are_read_each_10_s_and_only_without_a_physical_interface);
    tcase_add_test(tests, list_that_is_too_long_is_a_complaint);
    suite_add_tcase(suite, tests);

    tcase_add_checked_fixture(long_lists, begin, end_many);
    tcase_add_test(long_lists, long_list_is_read_each_15_s);
    tcase_add_test(long_lists, long_list_is_read_each_time_where_interfaces_have_no_files_of_their_own);
    tcase_add_test(long_lists, long_list_is_read_when_an_interface_that_counts_is_gone);
    suite_add_tcase(suite, long_lists);
    return suite_run(suite);
}
