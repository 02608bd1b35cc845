/* What bounds the memory of the collector: limits of its own control group and of those around it. */
#include "collector/memory_limit.h"

#include "support/cases.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define TOTAL (UINT64_C(16) << 30)

static struct temp_dir dir;

static void begin(void)
{
    temp_dir_create(&dir);
}

static void end(void)
{
    temp_dir_remove(&dir);
}

static void put(const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof path, "%s", name);
    for (char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(temp_dir_path(&dir, path), 0755);
        *slash = '/';
    }
    temp_dir_write(&dir, name, text, strlen(text));
}

static uint64_t limit(void)
{
    char groups[128];
    char mounts[128];

    snprintf(groups, sizeof groups, "%s", temp_dir_path(&dir, "groups"));
    snprintf(mounts, sizeof mounts, "%s", temp_dir_path(&dir, "mnt"));
    return memory_limit_of(groups, mounts, TOTAL);
}

START_TEST(without_control_groups_it_is_the_machine)
{
    ck_assert_uint_eq(limit(), TOTAL);
    put("groups", "0::/system.slice/x.service\n");
    ck_assert_uint_eq(limit(), TOTAL);
    put("mnt/system.slice/x.service/memory.max", "max\n");
    ck_assert_uint_eq(limit(), TOTAL);
}
END_TEST

START_TEST(the_least_limit_up_to_the_root_counts)
{
    put("groups", "0::/system.slice/x.service\n");
    put("mnt/system.slice/x.service/memory.max", "4294967296\n");
    ck_assert_uint_eq(limit(), UINT64_C(4) << 30);
    put("mnt/system.slice/memory.max", "2147483648\n");
    ck_assert_uint_eq(limit(), UINT64_C(2) << 30);
    put("mnt/system.slice/x.service/memory.high", "1073741824\n");
    ck_assert_uint_eq(limit(), UINT64_C(1) << 30);
    put("mnt/memory.max", "1048576\n");
    ck_assert_uint_eq(limit(), UINT64_C(1) << 20);
}
END_TEST

START_TEST(a_container_sees_its_own_group_as_the_root)
{
    put("groups", "0::/\n");
    put("mnt/memory.max", "536870912\n");
    ck_assert_uint_eq(limit(), UINT64_C(512) << 20);
    put("groups", "0::/../../docker/abc\n");
    ck_assert_uint_eq(limit(), UINT64_C(512) << 20);
}
END_TEST

START_TEST(version_1_has_a_hierarchy_for_memory)
{
    put("groups", "8:pids:/a\n5:cpu,memory:/docker/abc\n3:memoryless:/b\n0::/\n");
    put("mnt/memory/memory.limit_in_bytes", "1073741824\n");
    put("mnt/memory/b/memory.limit_in_bytes", "4096\n");
    ck_assert_uint_eq(limit(), UINT64_C(1) << 30);
    put("mnt/memory/docker/abc/memory.limit_in_bytes", "268435456\n");
    ck_assert_uint_eq(limit(), UINT64_C(256) << 20);
    put("mnt/memory/docker/abc/memory.limit_in_bytes", "9223372036854771712\n"); /* no limit */
    ck_assert_uint_eq(limit(), UINT64_C(1) << 30);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory_limit");

    CASES_ADD(suite, "memory_limit", begin, end, without_control_groups_it_is_the_machine,
              the_least_limit_up_to_the_root_counts, a_container_sees_its_own_group_as_the_root,
              version_1_has_a_hierarchy_for_memory);
    return suite_run(suite);
}
