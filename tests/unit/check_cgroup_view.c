/* Which cgroup stands for the node, in trees of version 2, version 1 and both. */
#include "agent/metrics/cgroup_view.h"

#include "node_fixture.h"
#include "support/suite.h"

#define TOP "/sys/fs/cgroup"
#define GIB (UINT64_C(1) << 30)

static struct cgroup_places places;
static struct cgroup_view view;
static struct cgroup_machine machine;

static void setup(void)
{
    node_clear();
    memset(&view, 0xff, sizeof view);
    machine = (struct cgroup_machine){.cores = 4, .memory_bytes = 8 * GIB};
}

/* A cgroup of version 2. NULL: it does not have the file. */
static void put_cgroup(const char *dir, const char *memory_max, const char *cpu_max)
{
    node_put(dir, "memory.max", memory_max);
    node_put(dir, "memory.current", "1000\n");
    node_put(dir, "memory.stat", "anon 1\ninactive_file 2\n");
    node_put(dir, "memory.events", "oom_kill 0\n");
    node_put(dir, "cpu.max", cpu_max);
    node_put(dir, "cpu.stat", "usage_usec 1\n");
    node_put(dir, "io.stat", "8:0 rbytes=1 wbytes=2\n");
    node_put(dir, "cpu.pressure", "some avg10=1.00\n");
}

static void choose(const char *own)
{
    static const char mounts[] = "30 23 0:26 / " TOP " rw - cgroup2 cgroup2 rw\n";

    cgroup_places_init(&places);
    cgroup_places_own(&places, own, strlen(own));
    cgroup_places_mounted(&places, mounts, sizeof mounts - 1, true);
    cgroup_view_choose(&view, &places, &machine, &node);
}

static void expect_size(const char *name, uint64_t cpu_milli, uint64_t memory_bytes)
{
    ck_assert(view.found);
    ck_assert_str_eq(view.name, name);
    ck_assert_uint_eq(view.cpu_milli, cpu_milli);
    ck_assert_uint_eq(view.memory_bytes, memory_bytes);
}

#define EXPECT_FILE(file, path) ck_assert_str_eq(view.paths[CGROUP_FILE_##file], path)

/* ---- version 2 ---- */

START_TEST(a_container_has_its_limits_at_the_top_of_its_namespace)
{
    put_cgroup(TOP, "1073741824\n", "50000 100000\n");
    choose("0::/\n");
    expect_size(TOP, 500, GIB);
    EXPECT_FILE(CPU, TOP "/cpu.stat");
    EXPECT_FILE(THROTTLED, TOP "/cpu.stat");
    EXPECT_FILE(MEMORY, TOP "/memory.current");
    EXPECT_FILE(MEMORY_STAT, TOP "/memory.stat");
    EXPECT_FILE(OOM, TOP "/memory.events");
    EXPECT_FILE(SWAP, "");
    EXPECT_FILE(IO, TOP "/io.stat");
    EXPECT_FILE(PSI_CPU, TOP "/cpu.pressure");
    EXPECT_FILE(PSI_IO, "");
    ck_assert(!view.cpu_is_1 && !view.memory_is_1 && !view.io_is_1);
}
END_TEST

/* The top of the real hierarchy has no limits, and no files for them. */
START_TEST(a_machine_stands_for_itself)
{
    node_put(TOP, "cpu.stat", "usage_usec 1\n");
    put_cgroup(TOP "/user.slice", "max\n", "max 100000\n");
    choose("0::/user.slice\n");
    ck_assert(!view.found);
    choose("0::/\n");
    ck_assert(!view.found);
    choose("");
    ck_assert(!view.found);
}
END_TEST

static const struct {
    const char *what;
    const char *memory[3]; /* of /, /a and /a/b; NULL: there is no such file */
    const char *cpu[3];
    const char *name;
    uint64_t cpu_milli;
    uint64_t memory_bytes;
    const char *throttled;
} trees[] = {
    {"own", {NULL, "max", "1073741824"}, {NULL, "max 1", "max 1"}, TOP "/a/b", 4000, GIB, ""},
    {"ancestor", {NULL, "1073741824", "max"}, {NULL, "max 1", "max 1"}, TOP "/a", 4000, GIB, ""},
    {"top", {"1073741824", "max", "max"}, {"25000 100000", "max 1", "max 1"}, TOP, 250, GIB, TOP "/cpu.stat"},
    {"smaller ancestor",
     {NULL, "1073741824", "2147483648"},
     {NULL, "max 1", "200000 100000"},
     TOP "/a/b",
     2000,
     GIB,
     TOP "/a/b/cpu.stat"},
    {"larger ancestor", {NULL, "4294967296", "1073741824"}, {NULL, "max 1", "max 1"}, TOP "/a/b", 4000, GIB, ""},
    {"quota of an ancestor",
     {NULL, "max", "1073741824"},
     {NULL, "50000 100000", "100000 100000"},
     TOP "/a/b",
     500,
     GIB,
     TOP "/a/cpu.stat"},
    {"quota only",
     {NULL, "max", "max"},
     {NULL, "max 1", "150000 100000"},
     TOP "/a/b",
     1500,
     8 * GIB,
     TOP "/a/b/cpu.stat"},
    {"no memory controller",
     {NULL, NULL, NULL},
     {NULL, "150000 100000", NULL},
     TOP "/a",
     1500,
     8 * GIB,
     TOP "/a/cpu.stat"},
    {"garbage", {"x", "", "1073741824"}, {"-1", "0 0", "y"}, TOP "/a/b", 4000, GIB, ""},
    {"as large as the machine", {NULL, "8589934592", "max"}, {NULL, "max 1", "max 1"}, TOP "/a", 4000, 8 * GIB, ""},
};

START_TEST(the_nearest_limited_cgroup_counts_with_the_smallest_limits)
{
    put_cgroup(TOP, trees[_i].memory[0], trees[_i].cpu[0]);
    put_cgroup(TOP "/a", trees[_i].memory[1], trees[_i].cpu[1]);
    put_cgroup(TOP "/a/b", trees[_i].memory[2], trees[_i].cpu[2]);
    choose("0::/a/b\n");
    expect_size(trees[_i].name, trees[_i].cpu_milli, trees[_i].memory_bytes);
    EXPECT_FILE(THROTTLED, trees[_i].throttled);
}
END_TEST

START_TEST(limits_that_the_machine_can_not_reach_are_none)
{
    put_cgroup(TOP "/a", "8589934593\n", "400100 100000\n");
    node_put(TOP "/a", "cpuset.cpus.effective", "0-3\n");
    choose("0::/a\n");
    ck_assert_uint_eq(view.found, false);
    machine = (struct cgroup_machine){0}; /* unknown */
    choose("0::/a\n");
    expect_size(TOP "/a", 4000, 8 * GIB + 1); /* the set */
}
END_TEST

START_TEST(a_set_of_cpus_is_a_limit_of_the_outermost_cgroup_that_has_it)
{
    put_cgroup(TOP "/a", "max\n", "max 1\n");
    put_cgroup(TOP "/a/b", "max\n", "max 1\n");
    put_cgroup(TOP "/a/b/c", "max\n", "max 1\n");
    node_put(TOP "/a", "cpuset.cpus.effective", "0-3\n");
    node_put(TOP "/a/b", "cpuset.cpus.effective", "0-1\n");
    node_put(TOP "/a/b/c", "cpuset.cpus.effective", "0-1\n");
    choose("0::/a/b/c\n");
    expect_size(TOP "/a/b", 2000, 8 * GIB);
    EXPECT_FILE(THROTTLED, "");
    node_put(TOP "/a/b/c", "cpu.max", "150000 100000\n");
    choose("0::/a/b/c\n");
    expect_size(TOP "/a/b/c", 1500, 8 * GIB);
}
END_TEST

START_TEST(swap_has_the_smallest_limit_too)
{
    put_cgroup(TOP "/a", "1073741824\n", "max 1\n");
    node_put(TOP "/a", "memory.swap.max", "1000\n");
    node_put(TOP "/a", "memory.swap.current", "1\n");
    put_cgroup(TOP "/a/b", "1073741824\n", "max 1\n");
    node_put(TOP "/a/b", "memory.swap.max", "max\n");
    node_put(TOP "/a/b", "memory.swap.current", "1\n");
    choose("0::/a/b\n");
    ck_assert_uint_eq(view.swap_bytes, 1000);
    EXPECT_FILE(SWAP, TOP "/a/b/memory.swap.current");
    node_put(TOP "/a", "memory.swap.max", "max\n");
    choose("0::/a/b\n");
    ck_assert_uint_eq(view.swap_bytes, 0);
}
END_TEST

START_TEST(figures_that_a_cgroup_lacks_are_the_process_s_own)
{
    node_put(TOP "/a", "memory.max", "1073741824\n");
    put_cgroup(TOP "/a/b", "max\n", "max 1\n");
    choose("0::/a/b\n");
    expect_size(TOP "/a", 4000, GIB);
    EXPECT_FILE(MEMORY, TOP "/a/b/memory.current");
    EXPECT_FILE(CPU, TOP "/a/b/cpu.stat");
}
END_TEST

/* ---- version 1 ---- */

#define MEMORY_1 TOP "/memory"
#define CPU_1    TOP "/cpu"
#define MOUNTS_1(root)                                                                                                 \
    "1 1 0:1 " root " " MEMORY_1 " rw - cgroup cgroup rw,memory\n"                                                     \
    "1 1 0:2 " root " " CPU_1 " rw - cgroup cgroup rw,cpu,cpuacct\n"                                                   \
    "1 1 0:3 " root " " TOP "/blkio rw - cgroup cgroup rw,blkio\n"                                                     \
    "1 1 0:4 " root " " TOP "/cpuset rw - cgroup cgroup rw,cpuset\n"                                                   \
    "1 1 0:5 / " TOP "/unified rw - cgroup2 cgroup2 rw\n"

static void put_cgroup_1(const char *path, const char *limit, const char *quota)
{
    char dir[128];

    snprintf(dir, sizeof dir, MEMORY_1 "%s", path);
    node_put(dir, "memory.limit_in_bytes", limit);
    node_put(dir, "memory.usage_in_bytes", "1000\n");
    node_put(dir, "memory.stat", "total_inactive_file 1\nhierarchical_memory_limit 9223372036854771712\n");
    node_put(dir, "memory.oom_control", "oom_kill 0\n");
    snprintf(dir, sizeof dir, CPU_1 "%s", path);
    node_put(dir, "cpu.cfs_quota_us", quota);
    node_put(dir, "cpu.cfs_period_us", "100000\n");
    node_put(dir, "cpu.stat", "nr_periods 1\nnr_throttled 1\n");
    node_put(dir, "cpuacct.usage", "1\n");
    snprintf(dir, sizeof dir, TOP "/blkio%s", path);
    node_put(dir, "blkio.throttle.io_service_bytes", "Total 0\n");
}

static void choose_1(const char *own, const char *mounts)
{
    cgroup_places_init(&places);
    cgroup_places_own(&places, own, strlen(own));
    cgroup_places_mounted(&places, mounts, strlen(mounts), false);
    cgroup_view_choose(&view, &places, &machine, &node);
}

#define UNLIMITED_1 "9223372036854771712\n"

/* Without a cgroup namespace: the names are the machine's, and the mounts begin at the container. */
START_TEST(a_container_of_version_1)
{
    put_cgroup_1("", "536870912\n", "50000\n");
    choose_1("4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n2:blkio:/docker/x\n1:cpuset:/docker/x\n0::/system.slice\n",
             MOUNTS_1("/docker/x"));
    expect_size(MEMORY_1, 500, GIB / 2);
    ck_assert(view.cpu_is_1 && view.memory_is_1 && view.io_is_1);
    EXPECT_FILE(CPU, CPU_1 "/cpuacct.usage");
    EXPECT_FILE(THROTTLED, CPU_1 "/cpu.stat");
    EXPECT_FILE(MEMORY, MEMORY_1 "/memory.usage_in_bytes");
    EXPECT_FILE(OOM, MEMORY_1 "/memory.oom_control");
    EXPECT_FILE(IO, TOP "/blkio/blkio.throttle.io_service_bytes");
    EXPECT_FILE(SWAP, "");
    EXPECT_FILE(PSI_CPU, "");
    node_put(TOP "/blkio", "blkio.throttle.io_service_bytes_recursive", "Total 0\n");
    choose_1("4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n2:blkio:/docker/x\n", MOUNTS_1("/docker/x"));
    EXPECT_FILE(IO, TOP "/blkio/blkio.throttle.io_service_bytes_recursive");
}
END_TEST

/* A process may be limited by one controller only, and then is at the top of the others. */
START_TEST(each_controller_has_its_own_cgroup)
{
    put_cgroup_1("", UNLIMITED_1, "-1\n");
    put_cgroup_1("/job", "1073741824\n", NULL);
    choose_1("4:memory:/job\n3:cpu,cpuacct:/\n", MOUNTS_1("/"));
    expect_size(MEMORY_1 "/job", 4000, GIB);
    EXPECT_FILE(CPU, CPU_1 "/cpuacct.usage");
    EXPECT_FILE(THROTTLED, "");
    choose_1("4:memory:/\n3:cpu,cpuacct:/\n", MOUNTS_1("/"));
    ck_assert(!view.found);
}
END_TEST

/* Its time is counted with that of others, as in jobs whose batch system confines the cores only. */
START_TEST(cpu_time_of_a_larger_cgroup_than_the_limited_one_is_not_taken)
{
    static const char mounts[] = "1 1 0:1 / " MEMORY_1 " rw - cgroup cgroup rw,memory\n"
                                 "1 1 0:2 / " CPU_1 " rw - cgroup cgroup rw,cpu\n"
                                 "1 1 0:4 / " TOP "/cpuset rw - cgroup cgroup rw,cpuset\n"
                                 "1 1 0:6 / " TOP "/cpuacct rw - cgroup cgroup rw,cpuacct\n";
    static const char own[] = "5:cpuset:/job/step\n4:memory:/job\n3:cpu:/job\n2:cpuacct:/system\n";

    put_cgroup_1("/job", "1073741824\n", "50000\n");
    node_put(TOP "/cpuacct/system", "cpuacct.usage", "1\n");
    node_put(TOP "/cpuset/job/step", "cpuset.cpus", "1\n");
    choose_1(own, mounts);
    ck_assert_uint_eq(view.cpu_milli, 500);
    EXPECT_FILE(CPU, "");
    EXPECT_FILE(THROTTLED, CPU_1 "/job/cpu.stat");
    node_put(CPU_1 "/job", "cpu.cfs_quota_us", "-1\n");
    choose_1(own, mounts);
    ck_assert_uint_eq(view.cpu_milli, 1000);
    EXPECT_FILE(CPU, "");
    node_put(TOP "/cpuset/job/step", "cpuset.cpus", "0-3\n");
    choose_1(own, mounts);
    ck_assert_uint_eq(view.cpu_milli, 4000);
    EXPECT_FILE(CPU, TOP "/cpuacct/system/cpuacct.usage");
}
END_TEST

START_TEST(limits_of_hidden_ancestors_count_where_version_1_gives_them)
{
    put_cgroup_1("", UNLIMITED_1, "50000\n");
    node_put(MEMORY_1, "memory.stat", "hierarchical_memory_limit 268435456\n");
    choose_1("4:memory:/x\n3:cpu,cpuacct:/x\n", MOUNTS_1("/x"));
    expect_size(MEMORY_1, 500, GIB / 4);
}
END_TEST

/* No cgroup that can be seen has a limit: the outermost one has that of the hidden ones. */
START_TEST(a_hidden_limit_alone_is_one_where_version_1_gives_it)
{
    put_cgroup_1("", UNLIMITED_1, "-1\n");
    put_cgroup_1("/y", UNLIMITED_1, "-1\n");
    node_put(MEMORY_1 "/y", "memory.stat", "hierarchical_memory_limit 268435456\n");
    node_put(MEMORY_1, "memory.stat", "hierarchical_memory_limit 268435456\n");
    choose_1("4:memory:/x/y\n3:cpu,cpuacct:/x/y\n", MOUNTS_1("/x"));
    expect_size(MEMORY_1, 4000, GIB / 4);
    EXPECT_FILE(MEMORY, MEMORY_1 "/memory.usage_in_bytes");
    node_put(MEMORY_1, "memory.stat", "hierarchical_memory_limit 1099511627776\n"); /* more than the machine has */
    choose_1("4:memory:/x/y\n3:cpu,cpuacct:/x/y\n", MOUNTS_1("/x"));
    ck_assert(!view.found);
}
END_TEST

START_TEST(cpusets_of_version_1)
{
    put_cgroup_1("/x", "1073741824\n", "-1\n");
    node_put(TOP "/cpuset/x", "cpuset.cpus", "1\n");
    choose_1("4:memory:/x\n3:cpu,cpuacct:/x\n2:cpuset:/x\n", MOUNTS_1("/"));
    expect_size(MEMORY_1 "/x", 1000, GIB);
    node_put(TOP "/cpuset/x", "cpuset.effective_cpus", "0-1\n");
    choose_1("4:memory:/x\n3:cpu,cpuacct:/x\n2:cpuset:/x\n", MOUNTS_1("/"));
    expect_size(MEMORY_1 "/x", 2000, GIB);
}
END_TEST

/* A hybrid host that has the memory in version 1 and the rest in version 2. */
START_TEST(controllers_of_both_versions_go_together)
{
    static const char mounts[] = "1 1 0:1 / " MEMORY_1 " rw - cgroup cgroup rw,memory\n"
                                 "1 1 0:5 / " TOP "/unified rw - cgroup2 cgroup2 rw\n";

    node_put(MEMORY_1 "/x", "memory.limit_in_bytes", "1073741824\n");
    put_cgroup(TOP "/unified/x", NULL, "50000 100000\n");
    choose_1("4:memory:/x\n0::/x\n", mounts);
    expect_size(MEMORY_1 "/x", 500, GIB);
    EXPECT_FILE(CPU, TOP "/unified/x/cpu.stat");
    EXPECT_FILE(PSI_CPU, TOP "/unified/x/cpu.pressure");
    ck_assert(view.memory_is_1 && !view.cpu_is_1);
}
END_TEST

/* ---- by name ---- */

static void take(const char *name, const char *mounts, bool is_unified)
{
    cgroup_places_init(&places);
    cgroup_places_mounted(&places, mounts, strlen(mounts), is_unified);
    cgroup_places_name(&places, name);
    cgroup_view_take(&view, &places, &machine, &node);
}

START_TEST(a_named_cgroup_counts_even_without_limits)
{
    put_cgroup(TOP "/web.service", "max\n", "max 1\n");
    take("web.service", "", true);
    expect_size(TOP "/web.service", 4000, 8 * GIB);
    EXPECT_FILE(MEMORY, TOP "/web.service/memory.current");
    put_cgroup(TOP, "1073741824\n", NULL); /* and an ancestor's limit is its own */
    take(TOP "/web.service", "", true);
    expect_size(TOP "/web.service", 4000, GIB);
    take("absent", "", true);
    ck_assert(!view.found);
}
END_TEST

START_TEST(a_named_cgroup_of_version_1_may_have_some_controllers_only)
{
    node_put(MEMORY_1 "/x", "memory.limit_in_bytes", "1073741824\n");
    node_put(MEMORY_1 "/x", "memory.usage_in_bytes", "1\n");
    take("memory/x", MOUNTS_1("/"), false);
    expect_size(MEMORY_1 "/x", 4000, GIB);
    EXPECT_FILE(CPU, "");
    EXPECT_FILE(MEMORY, MEMORY_1 "/x/memory.usage_in_bytes");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cgroup_view");
    TCase *tests = tcase_create("cgroup_view");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_container_has_its_limits_at_the_top_of_its_namespace);
    tcase_add_test(tests, a_machine_stands_for_itself);
    tcase_add_loop_test(tests, the_nearest_limited_cgroup_counts_with_the_smallest_limits, 0,
                        sizeof trees / sizeof trees[0]);
    tcase_add_test(tests, limits_that_the_machine_can_not_reach_are_none);
    tcase_add_test(tests, a_set_of_cpus_is_a_limit_of_the_outermost_cgroup_that_has_it);
    tcase_add_test(tests, swap_has_the_smallest_limit_too);
    tcase_add_test(tests, figures_that_a_cgroup_lacks_are_the_process_s_own);
    tcase_add_test(tests, a_container_of_version_1);
    tcase_add_test(tests, each_controller_has_its_own_cgroup);
    tcase_add_test(tests, cpu_time_of_a_larger_cgroup_than_the_limited_one_is_not_taken);
    tcase_add_test(tests, limits_of_hidden_ancestors_count_where_version_1_gives_them);
    tcase_add_test(tests, a_hidden_limit_alone_is_one_where_version_1_gives_it);
    tcase_add_test(tests, cpusets_of_version_1);
    tcase_add_test(tests, controllers_of_both_versions_go_together);
    tcase_add_test(tests, a_named_cgroup_counts_even_without_limits);
    tcase_add_test(tests, a_named_cgroup_of_version_1_may_have_some_controllers_only);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
