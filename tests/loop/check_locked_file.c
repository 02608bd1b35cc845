/* A file that one process at a time has. */
#include "common/locked_file.h"

#include "common/disk_posix.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct temp_dir dir;
static struct disk disk;
static char path[PATH_MAX + 8];
static char other[PATH_MAX + 8];

static void begin(void)
{
    temp_dir_create(&dir);
    disk = disk_posix(dir.fd);
    snprintf(path, sizeof path, "%s/file", dir.path);
    snprintf(other, sizeof other, "%s/other", dir.path);
}

static void end(void)
{
    temp_dir_remove(&dir);
}

START_TEST(file_is_created_for_its_owner_alone)
{
    struct stat status;
    int fd = locked_file_open(dir.fd, "file");

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fstat(fd, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777U, 0600);
    ck_assert_int_eq(disk_sync_names(&disk), 0);
    close(fd);
}
END_TEST

START_TEST(second_one_is_refused_until_the_first_closes_it)
{
    int fd = locked_file_open(dir.fd, "file");

    ck_assert_int_eq(locked_file_open(dir.fd, "file"), -EBUSY);
    ck_assert_int_eq(locked_file_create(dir.fd, "file"), -EBUSY);
    close(fd);
    fd = locked_file_open(dir.fd, "file");
    ck_assert_int_ge(fd, 0);
    close(fd);
}
END_TEST

START_TEST(content_stays_or_goes)
{
    struct stat status;
    int fd = locked_file_open(dir.fd, "file");

    ck_assert_int_eq(write(fd, "abc", 3), 3);
    close(fd);
    fd = locked_file_open(dir.fd, "file");
    ck_assert_int_eq(fstat(fd, &status), 0);
    ck_assert_int_eq(status.st_size, 3);
    close(fd);
    fd = locked_file_create(dir.fd, "file");
    ck_assert_int_eq(fstat(fd, &status), 0);
    ck_assert_int_eq(status.st_size, 0);
    close(fd);
}
END_TEST

START_TEST(new_name_takes_the_place_of_the_old_file)
{
    int old = locked_file_open(dir.fd, "file");
    int new = locked_file_create(dir.fd, "other");

    ck_assert_int_eq(disk_rename(&disk, "other", "file"), 0);
    ck_assert_int_eq(locked_file_open(dir.fd, "file"), -EBUSY); /* by the new one */
    close(new);
    new = locked_file_open(dir.fd, "file");
    ck_assert_int_ge(new, 0); /* whatever the old one holds */
    ck_assert_int_ne(access(other, F_OK), 0);
    close(old);
    close(new);
}
END_TEST

START_TEST(links_and_missing_folders_are_errors)
{
    ck_assert_int_eq(symlink("/dev/null", path), 0);
    ck_assert_int_eq(locked_file_open(dir.fd, "file"), -ELOOP);
    ck_assert_int_eq(locked_file_open(dir.fd, "nonexistent/file"), -ENOENT);
    ck_assert_int_eq(disk_rename(&disk, "other", "file"), -ENOENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("locked_file");
    TCase *tests = tcase_create("locked_file");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, file_is_created_for_its_owner_alone);
    tcase_add_test(tests, second_one_is_refused_until_the_first_closes_it);
    tcase_add_test(tests, content_stays_or_goes);
    tcase_add_test(tests, new_name_takes_the_place_of_the_old_file);
    tcase_add_test(tests, links_and_missing_folders_are_errors);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
