/* The child process that reads files, here those of a folder and of /proc. */
#include "agent/node/fuse_reader.h"

#include "support/suite.h"
#include "support/temp_dir.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct fuse_reader reader;
static struct temp_dir dir;
static char text[1 << 16];

static void begin(void)
{
    temp_dir_create(&dir);
    reader = (struct fuse_reader){0};
}

static void end(void)
{
    fuse_reader_close(&reader);
    fuse_reader_close(&reader);
    temp_dir_remove(&dir);
}

static ssize_t read_named(const char *name)
{
    return fuse_reader_read(&reader, temp_dir_path(&dir, name), true, text, sizeof text);
}

START_TEST(files_are_read_as_they_are_now)
{
    temp_dir_write(&dir, "a", "one", 3);
    temp_dir_write(&dir, "b", "", 0);
    ck_assert_int_eq(read_named("a"), 3);
    ck_assert_mem_eq(text, "one", 3);
    ck_assert_int_eq(read_named("b"), 0);
    temp_dir_append(&dir, "a", " and two", 8);
    ck_assert_int_eq(read_named("a"), 11);
    ck_assert_mem_eq(text, "one and two", 11);
}
END_TEST

START_TEST(long_file_comes_up_to_the_limit)
{
    static char data[100000];

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)('a' + i % 26);
    temp_dir_write(&dir, "a", data, sizeof data);
    ck_assert_int_eq(read_named("a"), sizeof text);
    ck_assert_mem_eq(text, data, sizeof text);
    ck_assert_int_eq(fuse_reader_read(&reader, temp_dir_path(&dir, "a"), false, text, 10), 10);
    ck_assert_int_eq(fuse_reader_read(&reader, "/proc/cpuinfo", false, text, sizeof text) > 0, 1);
}
END_TEST

START_TEST(file_that_can_not_be_read_is_an_error)
{
    char deep[PATH_MAX + 1];

    ck_assert_int_eq(read_named("none"), -ENOENT);
    ck_assert_int_eq(fuse_reader_read(&reader, dir.path, true, text, sizeof text), -EISDIR);
    memset(deep, 'x', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    ck_assert_int_eq(fuse_reader_read(&reader, deep, true, text, sizeof text), -ENAMETOOLONG);
    temp_dir_write(&dir, "none", "x", 1);
    ck_assert_int_eq(read_named("none"), 1);
}
END_TEST

START_TEST(many_files_are_read_in_turn)
{
    char name[16];

    for (unsigned i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "%u", i);
        temp_dir_write(&dir, name, name, strlen(name));
    }
    for (unsigned i = 0; i < 80; i++) {
        snprintf(name, sizeof name, "%u", i % 40);
        ck_assert_int_eq(read_named(name), (ssize_t)strlen(name));
        ck_assert_mem_eq(text, name, strlen(name));
    }
}
END_TEST

static unsigned count_files(pid_t pid)
{
    char path[64];
    unsigned count = 0;

    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *fds = opendir(path);
    ck_assert_ptr_nonnull(fds);
    while (readdir(fds) != NULL)
        count++;
    closedir(fds);
    return count - 2;
}

/* It may outlive the agent, and must not keep its connection, its spool or its log open. */
START_TEST(child_has_no_files_but_its_own)
{
    temp_dir_write(&dir, "a", "x", 1);
    ck_assert_int_eq(read_named("a"), 1);
    ck_assert_uint_eq(count_files(reader.pid), 2); /* the socket, and what it reads */
}
END_TEST

START_TEST(child_that_died_is_replaced)
{
    temp_dir_write(&dir, "a", "x", 1);
    ck_assert_int_eq(read_named("a"), 1);
    pid_t first = reader.pid;
    ck_assert_int_eq(kill(first, SIGKILL), 0);
    while (read_named("a") == 1) /* until it is dead */
        usleep(1000);
    ck_assert_int_eq(reader.pid, 0);
    ck_assert_int_eq(read_named("a"), 1);
    ck_assert_int_ne(reader.pid, first);
}
END_TEST

START_TEST(closing_ends_the_child)
{
    temp_dir_write(&dir, "a", "x", 1);
    ck_assert_int_eq(read_named("a"), 1);
    pid_t child = reader.pid;
    fuse_reader_close(&reader);
    ck_assert_int_eq(kill(child, 0), -1); /* it is not even a zombie */
    ck_assert_int_eq(errno, ESRCH);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fuse_reader");
    TCase *tests = tcase_create("fuse_reader");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, files_are_read_as_they_are_now);
    tcase_add_test(tests, long_file_comes_up_to_the_limit);
    tcase_add_test(tests, file_that_can_not_be_read_is_an_error);
    tcase_add_test(tests, many_files_are_read_in_turn);
    tcase_add_test(tests, child_has_no_files_but_its_own);
    tcase_add_test(tests, child_that_died_is_replaced);
    tcase_add_test(tests, closing_ends_the_child);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
