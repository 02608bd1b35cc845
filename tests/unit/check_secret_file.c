#include "common/secret_file.h"

#include "support/suite.h"
#include "support/temp_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEN_MAX 100U
#define USER    65534U
#define GROUP   65533U

static struct temp_dir dir;
static char warning[512];

static void begin(void)
{
    temp_dir_create(&dir);
    temp_dir_write(&dir, "secret", "text\n", 5);
    ck_assert_int_eq(fchmod(dir.fd, 0755), 0);
    ck_assert_int_eq(fchmodat(dir.fd, "secret", 0600, 0), 0);
}

static void end(void)
{
    temp_dir_remove(&dir);
}

/* ---- opening ---- */

START_TEST(a_file_is_read_also_behind_links)
{
    char text[8] = "";

    ck_assert_int_eq(symlinkat("secret", dir.fd, "..data"), 0);
    ck_assert_int_eq(symlinkat("..data", dir.fd, "token"), 0);
    int fd = secret_file_open(temp_dir_path(&dir, "token"), LEN_MAX);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(read(fd, text, sizeof text), 5);
    ck_assert_str_eq(text, "text\n");
    close(fd);
}
END_TEST

static void assert_refused(const char *path, int rc, const char *why)
{
    ck_assert_int_eq(secret_file_open(path, LEN_MAX), rc);
    ck_assert_ptr_nonnull(strstr(secret_file_error(rc), why));
}

START_TEST(what_could_block_is_refused_at_once)
{
    ck_assert_int_eq(mkfifoat(dir.fd, "pipe", 0600), 0);
    ck_assert_int_eq(symlinkat("pipe", dir.fd, "link"), 0);
    assert_refused(temp_dir_path(&dir, "pipe"), -ENODEV, "pipe");
    assert_refused(temp_dir_path(&dir, "link"), -ENODEV, "pipe");
    assert_refused("/dev/zero", -ENODEV, "device");
    assert_refused(dir.path, -EISDIR, "directory");
    assert_refused(temp_dir_path(&dir, "none"), -ENOENT, strerror(ENOENT));
}
END_TEST

START_TEST(a_file_that_is_too_long_is_refused)
{
    static const char text[LEN_MAX + 1];

    temp_dir_write(&dir, "long", text, LEN_MAX);
    ck_assert_int_eq(fchmodat(dir.fd, "long", 0600, 0), 0);
    int fd = secret_file_open(temp_dir_path(&dir, "long"), LEN_MAX);
    ck_assert_int_ge(fd, 0);
    close(fd);
    temp_dir_append(&dir, "long", text, 1);
    assert_refused(temp_dir_path(&dir, "long"), -EFBIG, "too long");
}
END_TEST

START_TEST(a_file_that_every_user_can_write_is_refused)
{
    ck_assert_int_eq(fchmodat(dir.fd, "secret", 0602, 0), 0);
    assert_refused(temp_dir_path(&dir, "secret"), -EPERM, "chmod o-w");
}
END_TEST

/* ---- others ---- */

static bool warns(unsigned mode)
{
    ck_assert_int_eq(fchmodat(dir.fd, "secret", mode, 0), 0);
    return secret_file_warn(temp_dir_path(&dir, "secret"), warning, sizeof warning);
}

START_TEST(a_file_that_every_user_can_read_is_warned_about)
{
    ck_assert(!warns(0600));
    ck_assert(!warns(0640));
    ck_assert(!warns(0400));
    ck_assert(warns(0644));
    ck_assert_ptr_nonnull(strstr(warning, "every user can read /"));
    ck_assert_ptr_nonnull(strstr(warning, "/secret (mode 0644); chmod o-r it"));
    ck_assert(!secret_file_warn(temp_dir_path(&dir, "none"), warning, sizeof warning));
}
END_TEST

/* In a process of another user, who is in GROUP: what it says, or "" for no warning. */
static void warn_as_user(const char *path)
{
    int fds[2];

    ck_assert_int_eq(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        const gid_t groups[] = {GROUP};
        if (setgroups(1, groups) < 0 || setgid(USER) < 0 || setuid(USER) < 0)
            _exit(2);
        bool warned = secret_file_warn(path, warning, sizeof warning);
        size_t len = warned ? strlen(warning) : 0;
        _exit(write(fds[1], warning, len) == (ssize_t)len ? 0 : 1);
    }
    close(fds[1]);
    ssize_t len = read(fds[0], warning, sizeof warning - 1);
    ck_assert_int_ge(len, 0);
    warning[len] = '\0';
    close(fds[0]);
    int status = -1;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}

START_TEST(owners_and_groups_of_a_service_are_judged)
{
    static const struct {
        uid_t owner;
        gid_t group;
        unsigned mode;
        const char *why; /* NULL: no warning */
    } cases[] = {
        {0, GROUP, 0640, NULL},   /* as docs/operations.md has it */
        {0, 0, 0440, NULL},       /* a credential of systemd, with an access list */
        {USER, USER, 0400, NULL}, /* the same without one */
        {USER, USER, 0640, NULL}, /* its own group */
        {USER, 4, 0600, NULL},    /* a group without a right */
        {USER, 4, 0640, "a group that this program is not in (4)"},
        {12345, USER, 0640, "belongs to another user (12345)"},
        {USER, USER, 0604, "every user can read"},
    };
    const char *path = temp_dir_path(&dir, "secret");

    if (geteuid() != 0) {
        puts("not tested: needs root");
        return;
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(fchownat(dir.fd, "secret", cases[i].owner, cases[i].group, 0), 0);
        ck_assert_int_eq(fchmodat(dir.fd, "secret", cases[i].mode, 0), 0);
        warn_as_user(path);
        if (cases[i].why == NULL)
            ck_assert_msg(warning[0] == '\0', "case %zu: %s", i, warning);
        else
            ck_assert_msg(strstr(warning, cases[i].why) != NULL, "case %zu: %s", i, warning);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("secret_file");
    TCase *tcase = tcase_create("secret_file");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, a_file_is_read_also_behind_links);
    tcase_add_test(tcase, what_could_block_is_refused_at_once);
    tcase_add_test(tcase, a_file_that_is_too_long_is_refused);
    tcase_add_test(tcase, a_file_that_every_user_can_write_is_refused);
    tcase_add_test(tcase, a_file_that_every_user_can_read_is_warned_about);
    tcase_add_test(tcase, owners_and_groups_of_a_service_are_judged);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
