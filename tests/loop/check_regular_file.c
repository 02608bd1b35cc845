#include "common/regular_file.h"

#include "common/limits.h"
#include "common/token_file.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct temp_dir dir;

static void begin(void)
{
    temp_dir_create(&dir);
    temp_dir_write(&dir, "file", "text", 4);
}

static void end(void)
{
    temp_dir_remove(&dir);
}

static void assert_refused(const char *name, int rc, const char *text)
{
    static const int flags[] = {O_RDONLY, O_RDWR | O_CREAT, O_WRONLY | O_CREAT | O_TRUNC};

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        ck_assert_int_eq(regular_file_open(dir.fd, name, flags[i], 0600), rc);
    ck_assert_int_eq(regular_file_check(dir.fd, name, true), rc);
    ck_assert_str_eq(regular_file_error(rc), text);
}

START_TEST(regular_files_are_opened_and_emptied)
{
    size_t len = 0;
    int fd = regular_file_open(dir.fd, "file", O_WRONLY | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_ptr_nonnull(temp_dir_read(&dir, "file", &len));
    ck_assert_uint_eq(len, 0);
    fd = regular_file_open(dir.fd, "new", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(regular_file_open(dir.fd, "none", O_RDONLY, 0), -ENOENT);
    ck_assert_int_eq(regular_file_check(dir.fd, "none", true), 0);
    ck_assert_int_eq(regular_file_check(dir.fd, "new", true), 0);
    ck_assert_str_eq(regular_file_error(-ENOSPC), strerror(ENOSPC));
}
END_TEST

START_TEST(links_folders_and_pipes_are_refused_at_once)
{
    ck_assert_int_eq(symlinkat("file", dir.fd, "link"), 0);
    ck_assert_int_eq(mkfifoat(dir.fd, "pipe", 0600), 0);
    ck_assert_int_eq(mknodat(dir.fd, "socket", S_IFSOCK | 0600, 0), 0);
    ck_assert_int_eq(mkdirat(dir.fd, "folder", 0700), 0);
    assert_refused("link", -ELOOP, "it is a symbolic link");
    assert_refused("pipe", -ENODEV, "it is a pipe, a socket or a device");
    assert_refused("socket", -ENODEV, "it is a pipe, a socket or a device");
    ck_assert_int_eq(regular_file_open(dir.fd, "folder", O_RDONLY, 0), -EISDIR);
    ck_assert_int_eq(regular_file_open(dir.fd, "folder", O_RDWR, 0), -EISDIR);
}
END_TEST

/* A backup may have a second name of a file that is only read; one that is written to must have none. */
START_TEST(file_with_two_names_is_only_read)
{
    size_t len = 0;

    ck_assert_int_eq(linkat(dir.fd, "file", dir.fd, "other", 0), 0);
    ck_assert_int_eq(regular_file_open(dir.fd, "file", O_WRONLY | O_TRUNC, 0), -EMLINK);
    ck_assert_ptr_nonnull(temp_dir_read(&dir, "other", &len));
    ck_assert_uint_eq(len, 4);
    int fd = regular_file_open(dir.fd, "file", O_RDONLY, 0);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(regular_file_check(dir.fd, "file", false), 0);
    ck_assert_int_eq(regular_file_check(dir.fd, "file", true), -EMLINK);
}
END_TEST

START_TEST(files_of_other_users_are_refused_unless_the_folder_is_theirs)
{
    if (fchownat(dir.fd, "file", 12345, (gid_t)-1, 0) < 0) {
        puts("skipped: not root");
        return;
    }
    assert_refused("file", -EPERM, "it belongs to another user");
    ck_assert_int_eq(fchown(dir.fd, 12345, (gid_t)-1), 0);
    ck_assert_int_eq(regular_file_check(dir.fd, "file", true), 0);
}
END_TEST

START_TEST(token_is_read_from_a_regular_file_behind_links)
{
    char token[TOKEN_LEN_MAX + 1], error[256];

    temp_dir_write(&dir, "secret", "0123456789abcdef\n", 17);
    ck_assert_int_eq(symlinkat("secret", dir.fd, "token"), 0);
    ck_assert_int_eq(mkfifoat(dir.fd, "pipe", 0600), 0);
    ck_assert_int_eq(token_file_read(temp_dir_path(&dir, "token"), token, error, sizeof error), 0);
    ck_assert_str_eq(token, "0123456789abcdef");
    ck_assert_int_eq(token_file_read(temp_dir_path(&dir, "pipe"), token, error, sizeof error), -ENODEV);
    ck_assert_ptr_nonnull(strstr(error, "pipe: it is a pipe, a socket or a device"));
    ck_assert_int_eq(token_file_read(temp_dir_path(&dir, "none"), token, error, sizeof error), -ENOENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("regular_file");
    TCase *tests = tcase_create("regular_file");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, regular_files_are_opened_and_emptied);
    tcase_add_test(tests, links_folders_and_pipes_are_refused_at_once);
    tcase_add_test(tests, file_with_two_names_is_only_read);
    tcase_add_test(tests, files_of_other_users_are_refused_unless_the_folder_is_theirs);
    tcase_add_test(tests, token_is_read_from_a_regular_file_behind_links);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
