#include "common/file.h"

#include "support/suite.h"
#include "support/temp_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct temp_dir dir;
static bool takes_nothing;

/* Stands in for libc's: a file that takes not one byte, and calls that no error. */
ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
    return takes_nothing ? 0 : syscall(SYS_pwrite64, fd, data, len, offset);
}

static void begin(void)
{
    temp_dir_create(&dir);
    temp_dir_write(&dir, "file", "0123456789", 10);
}

static void end(void)
{
    temp_dir_remove(&dir);
}

static int open_file(int flags)
{
    int fd = openat(dir.fd, "file", flags | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    return fd;
}

START_TEST(write_is_at_its_offset)
{
    int fd = open_file(O_WRONLY);

    ck_assert_int_eq(file_write_all(fd, "abc", 3, 4), 0);
    ck_assert_int_eq(file_write_all(fd, "xyz", 3, 9), 0);
    ck_assert_int_eq(file_write_all(fd, "", 0, 100), 0);
    close(fd);
    ck_assert_str_eq(temp_dir_read(&dir, "file", NULL), "0123abc78xyz");
}
END_TEST

START_TEST(write_to_a_file_open_for_appending_is_at_its_end)
{
    int fd = open_file(O_WRONLY | O_APPEND);

    ck_assert_int_eq(file_write_all(fd, "abc", 3, 4), 0);
    close(fd);
    ck_assert_str_eq(temp_dir_read(&dir, "file", NULL), "0123456789abc");
}
END_TEST

/* The kernel writes what there is room for, and refuses the rest. */
START_TEST(write_that_fails_behind_a_part_says_so)
{
    struct rlimit limit = {12, RLIM_INFINITY};
    int fd = open_file(O_WRONLY);

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int rc = file_write_all(fd, "abcdef", 6, 9);
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    close(fd);
    ck_assert_int_eq(rc, -EFBIG);
    ck_assert_str_eq(temp_dir_read(&dir, "file", NULL), "012345678abc");
}
END_TEST

START_TEST(write_that_gets_nowhere_is_an_error)
{
    int fd = open_file(O_WRONLY);

    takes_nothing = true;
    int rc = file_write_all(fd, "abc", 3, 0);
    takes_nothing = false;
    close(fd);
    ck_assert_int_eq(rc, -EIO);
}
END_TEST

START_TEST(read_ends_with_the_room_or_the_file)
{
    char text[20];
    size_t len = 0;
    int fd = open_file(O_RDONLY);

    ck_assert_int_eq(file_read_all(fd, text, 4, &len), 0);
    ck_assert_uint_eq(len, 4);
    ck_assert_int_eq(file_read_all(fd, text, sizeof text, &len), 0); /* from the beginning again */
    ck_assert_uint_eq(len, 10);
    ck_assert_mem_eq(text, "0123456789", 10);
    close(fd);
}
END_TEST

START_TEST(errors_are_told)
{
    char text[4];
    size_t len = 77;

    ck_assert_int_eq(file_read_all(-1, text, sizeof text, &len), -EBADF);
    ck_assert_int_eq(file_read_all(dir.fd, text, sizeof text, &len), -EISDIR);
    ck_assert_uint_eq(len, 77);
    ck_assert_int_eq(file_write_all(-1, text, sizeof text, 0), -EBADF);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file");
    TCase *tests = tcase_create("file");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, write_is_at_its_offset);
    tcase_add_test(tests, write_to_a_file_open_for_appending_is_at_its_end);
    tcase_add_test(tests, write_that_fails_behind_a_part_says_so);
    tcase_add_test(tests, write_that_gets_nowhere_is_an_error);
    tcase_add_test(tests, read_ends_with_the_room_or_the_file);
    tcase_add_test(tests, errors_are_told);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
