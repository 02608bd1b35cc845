/* Each call of the real disk, and its errors. */
#include "common/clock.h"
#include "common/disk_posix.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct temp_dir dir;
static struct disk disk;

static void begin(void)
{
    temp_dir_create(&dir);
    temp_dir_write(&dir, "file", "0123456789", 10);
    disk = disk_posix(dir.fd);
}

static void end(void)
{
    temp_dir_remove(&dir);
}

static int must_open(const char *name, enum disk_mode mode)
{
    int file = disk_open(&disk, name, mode);

    ck_assert_int_ge(file, 0);
    ck_assert_int_ne(fcntl(file, F_GETFD) & FD_CLOEXEC, 0);
    return file;
}

static void assert_text(const char *name, const char *wanted)
{
    const char *text = temp_dir_read(&dir, name, NULL);

    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, wanted);
}

/* ---- opening ---- */

START_TEST(append_creates_or_goes_on_at_the_end)
{
    int file = must_open("new", DISK_APPEND);
    ck_assert_int_eq(disk_write(&disk, file, "ab", 2, 0), 0);
    ck_assert_int_eq(disk_write(&disk, file, "cd", 2, 0), 0); /* wherever the caller thinks the end is */
    ck_assert_int_eq(disk_close(&disk, file), 0);
    file = must_open("new", DISK_APPEND);
    ck_assert_int_eq(disk_write(&disk, file, "ef", 2, 100), 0);
    char text[8] = "";
    ck_assert_int_eq(disk_read(&disk, file, text, sizeof text, 1), 5);
    ck_assert_str_eq(text, "bcdef");
    ck_assert_int_eq(disk_close(&disk, file), 0);
    assert_text("new", "abcdef");
}
END_TEST

START_TEST(overwrite_empties_or_creates)
{
    int file = must_open("file", DISK_OVERWRITE);
    ck_assert_int_eq(disk_write(&disk, file, "cd", 2, 2), 0);
    ck_assert_int_eq(disk_write(&disk, file, "ab", 2, 0), 0);
    disk_close(&disk, file);
    assert_text("file", "abcd");
    disk_close(&disk, must_open("other", DISK_OVERWRITE));
    assert_text("other", "");
}
END_TEST

START_TEST(create_wants_a_new_name)
{
    ck_assert_int_eq(disk_open(&disk, "file", DISK_CREATE), -EEXIST);
    disk_close(&disk, must_open("other", DISK_CREATE));
    assert_text("other", "");
}
END_TEST

/* See regular_file.h. */
START_TEST(read_wants_a_regular_file_and_does_not_wait_for_a_pipe)
{
    ck_assert_int_eq(disk_open(&disk, "none", DISK_READ), -ENOENT);
    ck_assert_int_eq(mkfifoat(dir.fd, "pipe", 0600), 0);
    ck_assert_int_eq(disk_open(&disk, "pipe", DISK_READ), -ENODEV);
}
END_TEST

START_TEST(files_are_not_for_everybody)
{
    struct stat status;

    umask(0);
    disk_close(&disk, must_open("new", DISK_APPEND));
    ck_assert_int_eq(fstatat(dir.fd, "new", &status, 0), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0640);
}
END_TEST

/* ---- contents ---- */

START_TEST(read_gives_what_is_there)
{
    char text[16] = "";
    int file = must_open("file", DISK_READ);

    ck_assert_int_eq(disk_read(&disk, file, text, 4, 3), 4);
    ck_assert_str_eq(text, "3456");
    ck_assert_int_eq(disk_read(&disk, file, text, sizeof text, 8), 2);
    ck_assert_int_eq(disk_read(&disk, file, text, sizeof text, 10), 0);
    ck_assert_int_eq(disk_read(&disk, file, text, sizeof text, 1000), 0);
    ck_assert_int_eq(disk_write(&disk, file, "x", 1, 0), -EBADF);
    disk_close(&disk, file);
    ck_assert_int_eq(disk_read(&disk, dir.fd, text, sizeof text, 0), -EISDIR);
}
END_TEST

START_TEST(truncate_cuts)
{
    int file = must_open("file", DISK_APPEND);

    ck_assert_int_eq(disk_truncate(&disk, file, 4), 0);
    assert_text("file", "0123");
    disk_close(&disk, file);
    file = must_open("file", DISK_READ);
    ck_assert_int_eq(disk_truncate(&disk, file, 0), -EINVAL);
    disk_close(&disk, file);
}
END_TEST

START_TEST(sync_and_drop_leave_the_content)
{
    int file = must_open("file", DISK_APPEND);

    ck_assert_int_eq(disk_write(&disk, file, "ab", 2, 10), 0);
    ck_assert_int_eq(disk_sync(&disk, file), 0);
    ck_assert_int_eq(disk_sync_all(&disk, file), 0);
    ck_assert_int_eq(disk_drop_cache(&disk, file, 0, 0), 0);
    ck_assert_int_eq(disk_sync_names(&disk), 0);
    assert_text("file", "0123456789ab");
    disk_close(&disk, file);
}
END_TEST

START_TEST(calls_on_what_is_not_open_are_errors)
{
    struct disk_status status;
    struct disk nowhere = disk_posix(-1);

    ck_assert_int_eq(disk_write(&disk, -1, "x", 1, 0), -EBADF);
    ck_assert_int_eq(disk_sync(&disk, -1), -EBADF);
    ck_assert_int_eq(disk_sync_all(&disk, -1), -EBADF);
    ck_assert_int_eq(disk_truncate(&disk, -1, 0), -EBADF);
    ck_assert_int_eq(disk_drop_cache(&disk, -1, 0, 0), -EBADF);
    ck_assert_int_eq(disk_status(&disk, -1, &status), -EBADF);
    ck_assert_int_eq(disk_close(&disk, -1), -EBADF);
    ck_assert_int_eq(disk_open(&nowhere, "file", DISK_READ), -EBADF);
    ck_assert_int_eq(disk_sync_names(&nowhere), -EBADF);
}
END_TEST

/* ---- status ---- */

START_TEST(status_tells_which_file_it_is)
{
    struct disk_status by_name;
    struct disk_status open;
    struct stat wanted;
    int file = must_open("file", DISK_READ);

    ck_assert_int_eq(fstat(file, &wanted), 0);
    ck_assert_int_eq(disk_status(&disk, file, &open), 0);
    ck_assert_int_eq(disk_look(&disk, "file", &by_name), 0);
    ck_assert_uint_eq(open.size, 10);
    ck_assert_uint_eq(open.device, wanted.st_dev);
    ck_assert_uint_eq(open.inode, wanted.st_ino);
    ck_assert_int_eq(open.modified_ms, wanted.st_mtim.tv_sec * 1000 + wanted.st_mtim.tv_nsec / 1000000);
    ck_assert(open.regular);
    ck_assert_uint_eq(by_name.device, open.device);
    ck_assert_uint_eq(by_name.inode, open.inode);
    ck_assert_int_le(llabs(disk_wall_ms(&disk) - open.born_ms), 60000);
    disk_close(&disk, file);
    ck_assert_int_eq(disk_look(&disk, "none", &by_name), -ENOENT);
    ck_assert_int_eq(disk_look(&disk, ".", &by_name), 0);
    ck_assert(!by_name.regular);
}
END_TEST

/* ---- names ---- */

START_TEST(rename_replaces_and_remove_removes)
{
    temp_dir_write(&dir, "other", "x", 1);
    ck_assert_int_eq(disk_rename(&disk, "file", "other"), 0);
    assert_text("other", "0123456789");
    ck_assert_int_eq(disk_rename(&disk, "file", "other"), -ENOENT);
    ck_assert_int_eq(disk_remove(&disk, "other"), 0);
    ck_assert_int_eq(disk_remove(&disk, "other"), -ENOENT);
    ck_assert_int_eq(mkdirat(dir.fd, "folder", 0700), 0);
    ck_assert_int_eq(disk_remove(&disk, "folder"), -EISDIR);
}
END_TEST

static unsigned listed;

static int on_name(const char *name, void *arg)
{
    listed += strcmp(name, "file") == 0 || strcmp(name, "other") == 0;
    return arg != NULL ? -ECANCELED : 0;
}

START_TEST(list_gives_each_name_until_it_is_stopped)
{
    int stop = 1;

    temp_dir_write(&dir, "other", "x", 1);
    listed = 0;
    ck_assert_int_eq(disk_list(&disk, on_name, NULL), 0);
    ck_assert_int_eq(disk_list(&disk, on_name, NULL), 0); /* not only once */
    ck_assert_uint_eq(listed, 4);
    ck_assert_int_eq(disk_list(&disk, on_name, &stop), -ECANCELED);
}
END_TEST

START_TEST(clocks_go_on)
{
    uint64_t before_us = disk_mono_us(&disk);

    ck_assert_int_le(llabs(disk_wall_ms(&disk) - clock_wall_ms()), 1000);
    ck_assert_uint_ge(disk_mono_us(&disk), before_us);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("disk");
    TCase *tests = tcase_create("disk");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, append_creates_or_goes_on_at_the_end);
    tcase_add_test(tests, overwrite_empties_or_creates);
    tcase_add_test(tests, create_wants_a_new_name);
    tcase_add_test(tests, read_wants_a_regular_file_and_does_not_wait_for_a_pipe);
    tcase_add_test(tests, files_are_not_for_everybody);
    tcase_add_test(tests, read_gives_what_is_there);
    tcase_add_test(tests, truncate_cuts);
    tcase_add_test(tests, sync_and_drop_leave_the_content);
    tcase_add_test(tests, calls_on_what_is_not_open_are_errors);
    tcase_add_test(tests, status_tells_which_file_it_is);
    tcase_add_test(tests, rename_replaces_and_remove_removes);
    tcase_add_test(tests, list_gives_each_name_until_it_is_stopped);
    tcase_add_test(tests, clocks_go_on);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
