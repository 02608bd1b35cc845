/* Which file systems of a mountinfo count. */
#include "agent/node/mounts.h"

#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX 4U

static struct mount list[MAX];

static unsigned parse(const char *text)
{
    memset(list, 0, sizeof list);
    return mounts_parse(text, strlen(text), list, MAX);
}

static const char *const counted[] = {
    "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n",
    "27 1 8:1 / / rw,relatime shared:1 - xfs /dev/sda1 rw\n",
    "27 1 8:1 / / rw shared:1 master:2 propagate_from:3 unbindable - vfat /dev/sda1 rw\n",
    "27 1 8:1 / / ro,nosuid - ext4 /dev/sda1 rw,errors=remount-ro\n", /* only this mount is read-only */
    "27 1 0:35 /@ / rw shared:1 - btrfs /dev/nvme0n1p2 rw,subvol=/@\n",
    "27 1 0:35 / / rw - zfs rpool/ROOT rw,xattr\n",
    "27 1 8:2 / / rw - fuseblk /dev/sda2 rw\n",
    "27 1 0:50 / / rw - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w\n", /* a container */
    "27 1 7:3 / / rw - ext4 /dev/loop3 rw\n",
};

START_TEST(file_system_that_can_fill_up_counts)
{
    ck_assert_uint_eq(parse(counted[_i]), 1);
    ck_assert_str_eq(list[0].path, "/");
}
END_TEST

static const char *const skipped[] = {
    "",
    "\n",
    "garbage\n",
    "27 1 8:1 / / rw - ext4\n",
    "27 1 8:1 / / rw ext4 /dev/sda1 rw\n",
    "27 1 x:1 / / rw - ext4 /dev/sda1 rw\n",
    "27 1 8:1 / / rw - ext4 /dev/sda1 rw", /* cut */
    "27 1 8:1 / data rw - ext4 /dev/sda1 rw\n",
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n",
    "23 27 0:22 / /sys rw,relatime - sysfs sysfs rw\n",
    "25 24 0:23 / /dev/shm rw - tmpfs tmpfs rw,size=24684084k\n",
    "24 27 0:6 / /dev rw - devtmpfs devtmpfs rw\n",
    "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
    "40 27 0:40 / /mnt rw - nfs4 server:/export rw,hard\n",
    "40 27 0:40 / /mnt rw - cifs //server/share rw\n",
    "40 27 0:40 / /mnt rw - fuse.sshfs user@host: rw\n",
    "40 27 0:40 / /var/lib/lxcfs rw - fuse.lxcfs lxcfs rw\n",
    "40 27 0:40 / /mnt rw - 9p host rw\n",
    "40 27 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro\n",
    "40 27 7:1 / /snap/core/1 rw - squashfs /dev/loop1 rw\n",
    "40 27 11:0 / /media/cdrom ro - iso9660 /dev/sr0 ro\n",
    "40 27 8:3 / /usr ro - ext4 /dev/sda3 ro,errors=continue\n",
    "40 27 0:50 / /var/lib/docker/overlay2/1/merged rw - overlay overlay rw,lowerdir=/l\n", /* of the disk below */
};

START_TEST(other_file_systems_do_not_count)
{
    ck_assert_uint_eq(parse(skipped[_i]), 0);
}
END_TEST

START_TEST(file_system_counts_once)
{
    ck_assert_uint_eq(parse("27 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                            "28 27 8:2 / /home rw - ext4 /dev/sda2 rw\n"
                            "29 27 8:1 /var/lib/x /srv rw - ext4 /dev/sda1 rw\n"
                            "30 27 8:2 / /mnt rw - ext4 /dev/sda2 rw\n"
                            "31 27 0:35 /@ /data rw - btrfs /dev/sdb rw\n"
                            "32 27 0:35 /@home /data/home rw - btrfs /dev/sdb rw\n"),
                      3);
    ck_assert_str_eq(list[0].path, "/");
    ck_assert_uint_eq(list[0].major, 8);
    ck_assert_uint_eq(list[0].minor, 1);
    ck_assert_str_eq(list[1].path, "/home");
    ck_assert_str_eq(list[2].path, "/data");
    ck_assert_uint_eq(list[2].major, 0);
}
END_TEST

START_TEST(path_is_unescaped)
{
    ck_assert_uint_eq(parse("27 1 8:1 / /my\\040disk\\011x\\134y rw - ext4 /dev/sda1 rw\n"), 1);
    ck_assert_str_eq(list[0].path, "/my disk\tx\\y");
    ck_assert_uint_eq(parse("27 1 8:1 / /a\\04 rw - ext4 /dev/sda1 rw\n"), 1);
    ck_assert_str_eq(list[0].path, "/a\\04");
}
END_TEST

START_TEST(path_that_is_too_long_does_not_count)
{
    char text[8192], path[5000];

    memset(path, 'x', sizeof path);
    for (unsigned len = MOUNTS_PATH_MAX - 2; len <= sizeof path - 1; len = len < MOUNTS_PATH_MAX ? len + 1 : len * 2) {
        snprintf(text, sizeof text, "27 1 8:1 / /%.*s rw - ext4 /dev/sda1 rw\n28 1 8:2 / / rw - xfs /dev/sda2 rw\n",
                 (int)len, path);
        ck_assert_uint_eq(parse(text), len < MOUNTS_PATH_MAX - 1 ? 2 : 1);
    }
}
END_TEST

START_TEST(those_beyond_the_list_are_counted)
{
    char text[2048] = "";

    for (unsigned i = 0; i < MAX + 3; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%u 1 8:%u / /%u rw - ext4 /dev/sda rw\n", i, i, i);
    ck_assert_uint_eq(parse(text), MAX + 3);
    ck_assert_str_eq(list[MAX - 1].path, "/3");
}
END_TEST

/* Nothing is read beyond the text, and a cut line is none. */
START_TEST(text_may_end_anywhere)
{
    static const char text[] =
        "27 1 8:1 / /a\\040b rw shared:1 - ext4 /dev/sda1 rw\n28 1 8:2 / / rw - xfs /dev/sda2 rw\n";
    const size_t first = (size_t)(strchr(text, '\n') - text) + 1;

    for (size_t len = 0; len < sizeof text; len++) {
        char *copy = malloc(len + 1);
        memcpy(copy, text, len);
        const unsigned lines = len < first ? 0 : len < sizeof text - 1 ? 1 : 2;
        ck_assert_uint_eq(mounts_parse(copy, len, list, MAX), lines);
        free(copy);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mounts");
    TCase *tests = tcase_create("mounts");

    tcase_add_loop_test(tests, file_system_that_can_fill_up_counts, 0, sizeof counted / sizeof *counted);
    tcase_add_loop_test(tests, other_file_systems_do_not_count, 0, sizeof skipped / sizeof *skipped);
    tcase_add_test(tests, file_system_counts_once);
    tcase_add_test(tests, path_is_unescaped);
    tcase_add_test(tests, path_that_is_too_long_does_not_count);
    tcase_add_test(tests, those_beyond_the_list_are_counted);
    tcase_add_test(tests, text_may_end_anywhere);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
