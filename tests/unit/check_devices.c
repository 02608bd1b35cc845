/* Which devices are physical, and how often /sys is asked. */
#include "agent/devices.h"

#include "support/suite.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static const char *existing; /* paths, each followed by a space; a 1 behind it: it begins with a 1 */
static unsigned questions;

static bool on_exists(const char *path, void *arg)
{
    char with_space[128];

    (void)arg;
    snprintf(with_space, sizeof with_space, "%s ", path);
    return strstr(existing, with_space) != NULL;
}

static bool on_is_set(const char *path, void *arg)
{
    char with_digit[128];

    (void)arg;
    snprintf(with_digit, sizeof with_digit, "%s 1", path);
    return strstr(existing, with_digit) != NULL;
}

static const struct node_source source = {.exists = on_exists, .is_set = on_is_set};

/* ---- the rules ---- */

static const struct {
    devices_rule *rule;
    const char *name;
    const char *existing;
    bool physical;
} cases[] = {
    {devices_disk_is_physical, "sda", "/sys/block/sda/device ", true},
    {devices_disk_is_physical, "sda", "/sys/block/sdb/device ", false},
    {devices_disk_is_physical, "sda1", "/sys/block/sda/device ", false},
    {devices_disk_is_physical, "dm-0", "/sys/block/dm-0 ", false},
    {devices_disk_is_physical, "nvme0n1", "/sys/block/nvme0n1/device /sys/block/nvme0n1/hidden 0", true},
    {devices_disk_is_physical, "nvme0c0n1", "/sys/block/nvme0c0n1/device /sys/block/nvme0c0n1/hidden 1", false},
    {devices_disk_is_physical, "cciss/c0d0", "/sys/block/cciss!c0d0/device ", true},
    {devices_nic_is_physical, "eth0", "/sys/class/net/eth0/device ", true},
    {devices_nic_is_physical, "br0", "/sys/class/net/br0 ", false},
    {devices_nic_is_physical, "eth1", "/sys/class/net/eth1/device /sys/class/net/eth1/master ", true},
    {devices_nic_is_physical, "vf0", "/sys/class/net/vf0/device /sys/class/net/vf0/master/device ", false},
};

START_TEST(rule_follows_sysfs)
{
    existing = cases[_i].existing;
    ck_assert_int_eq(cases[_i].rule(&source, cases[_i].name), cases[_i].physical);
}
END_TEST

/* ---- the names of a pass ---- */

static struct device_names names;

static void begin(void)
{
    memset(&names, 0, sizeof names);
    questions = 0;
}

static bool count_question(const struct node_source *asked, const char *name)
{
    ck_assert_ptr_eq(asked, &source);
    questions++;
    return name[0] == 'p';
}

static bool is_physical(const char *name)
{
    char padded[PROCFS_DEVICE_NAME_MAX] = "";

    snprintf(padded, sizeof padded, "%s", name);
    return devices_physical(&names, padded, count_question, &source);
}

START_TEST(name_is_looked_up_once)
{
    for (unsigned pass = 0; pass < 3; pass++) {
        ck_assert(is_physical("p1"));
        ck_assert(!is_physical("v1"));
        ck_assert(is_physical("p1"));
        devices_end_pass(&names);
    }
    ck_assert_uint_eq(questions, 2);
}
END_TEST

START_TEST(name_that_was_away_is_looked_up_again)
{
    ck_assert(is_physical("p1"));
    ck_assert(is_physical("p2"));
    devices_end_pass(&names);
    ck_assert(is_physical("p2"));
    devices_end_pass(&names);
    ck_assert_uint_eq(questions, 2);
    ck_assert(is_physical("p1"));
    ck_assert_uint_eq(questions, 3);
}
END_TEST

START_TEST(names_beyond_the_table_are_not_physical)
{
    char name[PROCFS_DEVICE_NAME_MAX];

    for (unsigned i = 0; i < DEVICE_NAMES_MAX; i++) {
        snprintf(name, sizeof name, "p%u", i);
        ck_assert(is_physical(name));
    }
    ck_assert(!is_physical("p-more"));
    ck_assert_uint_eq(questions, DEVICE_NAMES_MAX);
    ck_assert(is_physical("p0"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devices");
    TCase *tests = tcase_create("devices");

    tcase_add_checked_fixture(tests, begin, NULL);
    tcase_add_loop_test(tests, rule_follows_sysfs, 0, sizeof cases / sizeof cases[0]);
    tcase_add_test(tests, name_is_looked_up_once);
    tcase_add_test(tests, name_that_was_away_is_looked_up_again);
    tcase_add_test(tests, names_beyond_the_table_are_not_physical);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
