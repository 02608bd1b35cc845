/* Where cgroups are, in the layouts of hosts and containers. */
#include "agent/metrics/cgroup_place.h"

#include "support/suite.h"

#include <stdio.h>
#include <string.h>

static struct cgroup_places places;

static void setup(void)
{
    memset(&places, 0xff, sizeof places); /* whatever was there before */
    cgroup_places_init(&places);
}

static void find(const char *own, const char *mounts, bool is_unified)
{
    cgroup_places_own(&places, own, strlen(own));
    cgroup_places_mounted(&places, mounts, strlen(mounts), is_unified);
}

#define EXPECT(hierarchy, path, point)                                                                                 \
    do {                                                                                                               \
        ck_assert_str_eq(places.at[hierarchy].dir, path);                                                              \
        ck_assert_uint_eq(places.at[hierarchy].top_len, strlen(point));                                                \
    } while (0)

#define UNIFIED_MOUNT(root) "30 23 0:26 " root " /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
#define OTHER_MOUNTS                                                                                                   \
    "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n23 22 0:21 / /sys rw shared:7 master:3 - sysfs sysfs "   \
    "rw\n"

/* ---- version 2 ---- */

START_TEST(a_process_of_a_machine_is_below_the_mount_point)
{
    find("0::/system.slice/web.scope\n", OTHER_MOUNTS UNIFIED_MOUNT("/"), true);
    EXPECT(CGROUP_UNIFIED, "/sys/fs/cgroup/system.slice/web.scope", "/sys/fs/cgroup");
    EXPECT(CGROUP_MEMORY, "", "");
    EXPECT(CGROUP_CPU, "", "");
}
END_TEST

START_TEST(a_namespace_begins_at_the_mount_point)
{
    find("0::/\n", OTHER_MOUNTS UNIFIED_MOUNT("/"), true);
    EXPECT(CGROUP_UNIFIED, "/sys/fs/cgroup", "/sys/fs/cgroup");
}
END_TEST

/* A container without a cgroup namespace: its cgroup is mounted where the machine has the top. */
START_TEST(a_cgroup_that_is_mounted_itself_is_the_mount_point)
{
    find("0::/docker/abc/sub\n", UNIFIED_MOUNT("/docker/abc"), true);
    EXPECT(CGROUP_UNIFIED, "/sys/fs/cgroup/sub", "/sys/fs/cgroup");
    setup();
    find("0::/docker/abcdef\n", UNIFIED_MOUNT("/docker/abc"), true); /* not below it */
    EXPECT(CGROUP_UNIFIED, "/sys/fs/cgroup", "/sys/fs/cgroup");
}
END_TEST

START_TEST(the_mount_that_has_the_cgroup_is_preferred)
{
    find("0::/a/b\n",
         "1 1 0:1 /c /c rw - cgroup2 none rw\n1 1 0:1 /a /deep rw - cgroup2 none rw\n1 1 0:1 / /top rw - cgroup2 none "
         "rw\n",
         true);
    EXPECT(CGROUP_UNIFIED, "/deep/b", "/deep");
}
END_TEST

START_TEST(what_is_outside_of_the_namespace_is_not_found)
{
    find("0::/../other\n", UNIFIED_MOUNT("/"), true);
    EXPECT(CGROUP_UNIFIED, "", "");
    setup();
    find("0::/\n", UNIFIED_MOUNT("/../.."), true); /* the machine's, mounted into a container */
    EXPECT(CGROUP_UNIFIED, "", "");
}
END_TEST

START_TEST(names_with_blanks_are_escaped_in_the_list_of_mounts)
{
    find("0::/a b\n", "1 1 0:1 / /my\\040cgroups\\134x rw - cgroup2 none rw\n", true);
    EXPECT(CGROUP_UNIFIED, "/my cgroups\\x/a b", "/my cgroups\\x");
}
END_TEST

/* Its limits are the agent's. */
START_TEST(of_a_service_the_cgroup_around_it_is_taken)
{
    find("0::/system.slice/headroom-agent.service\n", UNIFIED_MOUNT("/"), true);
    EXPECT(CGROUP_UNIFIED, "/sys/fs/cgroup/system.slice", "/sys/fs/cgroup");
    setup();
    find("0::/headroom-agent.service\n", UNIFIED_MOUNT("/"), true);
    EXPECT(CGROUP_UNIFIED, "/sys/fs/cgroup", "/sys/fs/cgroup");
    setup();
    find("0::/.service\n", UNIFIED_MOUNT("/"), true);
    EXPECT(CGROUP_UNIFIED, "/sys/fs/cgroup", "/sys/fs/cgroup");
}
END_TEST

/* ---- version 1 and hybrid hosts ---- */

#define MOUNTS_1                                                                                                       \
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"                                                       \
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"                                      \
    "33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"                                                \
    "34 31 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"                                   \
    "35 31 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"

START_TEST(each_controller_of_version_1_has_a_place)
{
    find("5:cpu,cpuacct:/a\n4:memory:/a/b\n2:cpuset:/\n1:name=systemd:/user.slice\n0::/user.slice\n", MOUNTS_1, false);
    EXPECT(CGROUP_CPU, "/sys/fs/cgroup/cpu,cpuacct/a", "/sys/fs/cgroup/cpu,cpuacct");
    EXPECT(CGROUP_CPUACCT, "/sys/fs/cgroup/cpu,cpuacct/a", "/sys/fs/cgroup/cpu,cpuacct");
    EXPECT(CGROUP_MEMORY, "/sys/fs/cgroup/memory/a/b", "/sys/fs/cgroup/memory");
    EXPECT(CGROUP_CPUSET, "", ""); /* not mounted */
    EXPECT(CGROUP_UNIFIED, "/sys/fs/cgroup/unified/user.slice", "/sys/fs/cgroup/unified");
}
END_TEST

/* As when /proc/PID/mountinfo can't be read. */
START_TEST(without_a_list_of_mounts_the_usual_ones_are_assumed)
{
    find("4:memory:/a\n0::/x\n", "", false);
    EXPECT(CGROUP_MEMORY, "/sys/fs/cgroup/memory/a", "/sys/fs/cgroup/memory");
    EXPECT(CGROUP_CPU, "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu");
    EXPECT(CGROUP_UNIFIED, "", "");
    setup();
    find("0::/a\n", "", true);
    EXPECT(CGROUP_UNIFIED, "/sys/fs/cgroup/a", "/sys/fs/cgroup");
    EXPECT(CGROUP_MEMORY, "", "");
    setup();
    find("", "", true);
    EXPECT(CGROUP_UNIFIED, "/sys/fs/cgroup", "/sys/fs/cgroup");
}
END_TEST

/* ---- by name ---- */

static const struct {
    const char *name;
    const char *memory;
    const char *unified;
} names[] = {
    {"a/b", "/sys/fs/cgroup/memory/a/b", "/sys/fs/cgroup/unified/a/b"},
    {"/sys/fs/cgroup/a/b/", "/sys/fs/cgroup/memory/a/b", "/sys/fs/cgroup/unified/a/b"},
    {"memory/a", "/sys/fs/cgroup/memory/a", "/sys/fs/cgroup/unified/a"},
    {"/sys/fs/cgroup/unified/a", "/sys/fs/cgroup/memory/a", "/sys/fs/cgroup/unified/a"},
    {"/a.service", "/sys/fs/cgroup/memory/a.service", "/sys/fs/cgroup/unified/a.service"},
    {"/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/unified"},
};

START_TEST(a_name_may_be_of_what_is_mounted_from_outside)
{
    cgroup_places_mounted(&places, UNIFIED_MOUNT("/../.."), strlen(UNIFIED_MOUNT("/../..")), true);
    cgroup_places_name(&places, "system.slice/docker-1.scope");
    EXPECT(CGROUP_UNIFIED, "/sys/fs/cgroup/system.slice/docker-1.scope", "/sys/fs/cgroup");
}
END_TEST

START_TEST(a_name_stands_for_the_same_cgroup_in_all_hierarchies)
{
    cgroup_places_mounted(&places, MOUNTS_1, strlen(MOUNTS_1), false);
    cgroup_places_name(&places, names[_i].name);
    EXPECT(CGROUP_MEMORY, names[_i].memory, "/sys/fs/cgroup/memory");
    EXPECT(CGROUP_UNIFIED, names[_i].unified, "/sys/fs/cgroup/unified");
    ck_assert_str_eq(places.at[CGROUP_CPUSET].dir, "");
}
END_TEST

/* ---- what is no cgroup ---- */

START_TEST(lines_that_have_another_form_are_left_out)
{
    find("\n0:\n0::\n0::a\n:::/\nx\n4:memory\n",
         "1 2 3\n1 2 3 / /p rw\n1 2 3 / /p rw - cgroup2\n1 2 3 / /p rw - cgroup2 none\n- - - - -\n", true);
    EXPECT(CGROUP_UNIFIED, "/sys/fs/cgroup", "/sys/fs/cgroup");
    ck_assert_str_eq(places.at[CGROUP_UNIFIED].own, "");
}
END_TEST

START_TEST(paths_that_are_too_long_are_not_found)
{
    static char own[2 * CGROUP_PATH_MAX];
    size_t longest = CGROUP_PATH_MAX - 1 - strlen("/sys/fs/cgroup");

    for (size_t len = longest - 2; len < longest + 100; len++) {
        setup();
        memset(own, 'x', sizeof own);
        memcpy(own, "0::/", 4);
        memcpy(own + 3 + len, "\n", 2);
        find(own, UNIFIED_MOUNT("/"), true);
        bool is_found = strlen(places.at[CGROUP_UNIFIED].dir) == strlen("/sys/fs/cgroup") + len;
        ck_assert_int_eq(is_found, len <= longest);
    }
    setup();
    cgroup_places_mounted(&places, UNIFIED_MOUNT("/"), strlen(UNIFIED_MOUNT("/")), true);
    cgroup_places_name(&places, own + 3);
    ck_assert_uint_lt(strlen(places.at[CGROUP_UNIFIED].dir), CGROUP_PATH_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cgroup_place");
    TCase *tests = tcase_create("cgroup_place");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_process_of_a_machine_is_below_the_mount_point);
    tcase_add_test(tests, a_namespace_begins_at_the_mount_point);
    tcase_add_test(tests, a_cgroup_that_is_mounted_itself_is_the_mount_point);
    tcase_add_test(tests, the_mount_that_has_the_cgroup_is_preferred);
    tcase_add_test(tests, what_is_outside_of_the_namespace_is_not_found);
    tcase_add_test(tests, names_with_blanks_are_escaped_in_the_list_of_mounts);
    tcase_add_test(tests, of_a_service_the_cgroup_around_it_is_taken);
    tcase_add_test(tests, each_controller_of_version_1_has_a_place);
    tcase_add_test(tests, without_a_list_of_mounts_the_usual_ones_are_assumed);
    tcase_add_test(tests, a_name_may_be_of_what_is_mounted_from_outside);
    tcase_add_loop_test(tests, a_name_stands_for_the_same_cgroup_in_all_hierarchies, 0, sizeof names / sizeof names[0]);
    tcase_add_test(tests, lines_that_have_another_form_are_left_out);
    tcase_add_test(tests, paths_that_are_too_long_are_not_found);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
