/* Programs that a real spawner starts. */
#include "collector/spawn/spawner.h"

#include "collector/spawn/spawn_socket.h"
#include "support/cases.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"
#include "support/test_spawner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN_MAX 150U

static struct temp_dir dir;
static struct spawner_child children[CHILDREN_MAX];
static unsigned ended;
static struct spawner_end last;

static void on_ended(struct spawner_child *child, const struct spawner_end *end, void *arg)
{
    ck_assert_ptr_eq(arg, &ended);
    last = *end;
    ended++;
    spawner_forget(child);
}

static void begin(void)
{
    signal(SIGPIPE, SIG_IGN);
    temp_dir_create(&dir);
    test_loop_start();
    test_spawner_start();
}

/* No child is left, dead or alive. */
static void end(void)
{
    test_spawner_close();
    test_spawner_close();
    test_loop_end();
    while (waitpid(-1, NULL, 0) > 0) /* what had been started when the spawner ended ends by itself */
        ;
    ck_assert_int_eq(errno, ECHILD);
    ck_assert_int_eq(test_spawner_process.pid, 0);
    temp_dir_remove(&dir);
}

static int null_file(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static int run_arguments(struct spawner_child *child, char *const *arguments)
{
    char *const variables[] = {(char *)"HEADROOM_ORDER=7.9", NULL};
    const int out = null_file();
    const int fds[] = {null_file(), out, out};

    return spawner_run(&test_spawner, child, arguments, variables, fds, on_ended, &ended);
}

/* A line for the shell, which runs in the test's folder. */
static void run(struct spawner_child *child, const char *line)
{
    char text[512];
    char *const arguments[] = {(char *)"/bin/sh", (char *)"-c", text, NULL};

    ck_assert_int_lt(snprintf(text, sizeof text, "cd %s; %s", dir.path, line), (int)sizeof text);
    ck_assert_int_eq(run_arguments(child, arguments), 0);
}

static void run_until_end(const char *line)
{
    unsigned before = ended;

    run(&children[0], line);
    test_loop_until_count(&ended, before + 1);
}

static bool has_file(void *name)
{
    return faccessat(dir.fd, name, F_OK, 0) == 0;
}

static const char *file(const char *name)
{
    const char *text = temp_dir_read(&dir, name, NULL);

    ck_assert_msg(text != NULL, "there is no %s", name);
    return text;
}

static bool is_gone(void *pid)
{
    return kill(*(const pid_t *)pid, 0) < 0 && errno == ESRCH;
}

/* ---- how programs end ---- */

START_TEST(exit_status_and_signal_are_reported)
{
    run_until_end("exit 0");
    ck_assert(last.error == 0 && last.exit_status == 0 && last.signum == 0);
    run_until_end("exit 127");
    ck_assert(last.error == 0 && last.exit_status == 127 && last.signum == 0);
    run_until_end("kill -SEGV $$");
    ck_assert(last.error == 0 && last.signum == SIGSEGV);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), 0); /* they are reaped; the spawner runs */
}
END_TEST

START_TEST(program_that_cant_be_run_is_reported_with_its_error)
{
    char path[128];
    char *arguments[] = {path, NULL};

    snprintf(path, sizeof path, "%s", temp_dir_path(&dir, "none"));
    ck_assert_int_eq(run_arguments(&children[0], arguments), 0);
    test_loop_until_count(&ended, 1);
    ck_assert_int_eq(last.error, -ENOENT);
    temp_dir_write(&dir, "none", "#!/bin/sh\n", 10);
    ck_assert_int_eq(run_arguments(&children[0], arguments), 0);
    test_loop_until_count(&ended, 2);
    ck_assert_int_eq(last.error, -EACCES);
    ck_assert_int_eq(fchmodat(dir.fd, "none", 0755, 0), 0);
    ck_assert_int_eq(run_arguments(&children[0], arguments), 0);
    test_loop_until_count(&ended, 3);
    ck_assert_int_eq(last.error, 0);
    temp_dir_write(&dir, "none", "exit 3\n", 7); /* no #!: the shell runs it */
    ck_assert_int_eq(run_arguments(&children[0], arguments), 0);
    test_loop_until_count(&ended, 4);
    ck_assert(last.error == 0 && last.exit_status == 3);
}
END_TEST

START_TEST(request_over_a_limit_is_an_error_at_once)
{
    static char text[SPAWN_REQUEST_MAX + 1];
    char *const arguments[] = {(char *)"/bin/true", text, NULL};

    memset(text, 'x', sizeof text - 1);
    ck_assert_int_eq(run_arguments(&children[0], arguments), -E2BIG);
    spawner_forget(&children[0]);
    run_until_end("exit 0");
}
END_TEST

START_TEST(many_programs_run_at_once)
{
    for (unsigned i = 0; i < 48; i++)
        run(&children[i], "echo x >> begun; while [ ! -e go ]; do sleep 0.05; done; exit 5");
    test_loop_for_ms(50);
    ck_assert_uint_eq(ended, 0);
    temp_dir_write(&dir, "go", "", 0);
    test_loop_until_count(&ended, 48);
    ck_assert_int_eq(last.exit_status, 5);
    ck_assert_uint_eq(strlen(file("begun")), 2 * 48);
}
END_TEST

/* While the spawner is stopped, requests fill the socket, and the rest of them waits. */
START_TEST(requests_wait_until_the_socket_has_room)
{
    static char text[3000];
    char *const arguments[] = {(char *)"/bin/true", text, NULL};
    unsigned unsent = 0;

    memset(text, 'x', sizeof text - 1);
    kill(test_spawner_process.pid, SIGSTOP);
    for (unsigned i = 0; i < CHILDREN_MAX; i++)
        ck_assert_int_eq(run_arguments(&children[i], arguments), 0);
    for (unsigned i = 0; i < CHILDREN_MAX; i++)
        unsent += children[i].request != NULL;
    ck_assert_uint_gt(unsent, 0);
    spawner_forget(&children[CHILDREN_MAX - 1]); /* it is never sent */
    kill(test_spawner_process.pid, SIGCONT);
    test_loop_until_count(&ended, CHILDREN_MAX - 1);
    ck_assert_int_eq(last.error, 0);
}
END_TEST

/* ---- what programs get ---- */

START_TEST(program_gets_its_files_and_nothing_else)
{
    int secret = open(dir.path, O_RDONLY | O_DIRECTORY); /* not closed at exec(), but opened after the spawner */

    ck_assert_int_ge(secret, 0);
    /* The list first, by itself: a shell that sets up a pipeline has more files open. */
    run_until_end("ls -l /proc/$$/fd > list; sed -n '/list$/d; s/.*-> //p' list > files; env > variables; cat "
                  "/proc/$$/stat > stat; echo $PPID > parent; exec grep -E 'Sig(Blk|Ign)' /proc/self/status > signals");
    close(secret);
    ck_assert_int_eq(last.exit_status, 0);
    ck_assert_str_eq(file("files"), "/dev/null\n/dev/null\n/dev/null\n");
    ck_assert_ptr_nonnull(strstr(file("variables"), "HEADROOM_ORDER=7.9\n"));
    ck_assert_str_eq(file("signals"), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    ck_assert_int_eq(atoi(file("parent")), getpid());
    int pid = 0, group = 0, session = 0;
    ck_assert_int_eq(sscanf(file("stat"), "%d (sh) %*c %*d %d %d", &pid, &group, &session), 3);
    ck_assert_int_eq(group, pid);
    ck_assert_int_eq(session, pid);
}
END_TEST

/* Standard input, output and error are that socket, too. */
static bool holds_one_socket(void *arg)
{
    char path[64];
    char target[64];
    char name[64] = "";
    unsigned files = 0, others = 0;
    struct dirent *entry;

    (void)arg;
    snprintf(path, sizeof path, "/proc/%d/fd", test_spawner_process.pid);
    DIR *entries = opendir(path);
    ck_assert_ptr_nonnull(entries);
    while ((entry = readdir(entries)) != NULL) {
        ssize_t len = readlinkat(dirfd(entries), entry->d_name, target, sizeof target - 1);
        if (len < 0)
            continue;
        target[len] = '\0';
        others += strncmp(target, "socket:", 7) != 0 || (files > 0 && strcmp(name, target) != 0);
        memcpy(name, target, sizeof name);
        files++;
    }
    closedir(entries);
    return files == 4 && others == 0;
}

/* What it had opened for the program may be closed a moment after the program's end was reported. */
START_TEST(spawner_holds_one_socket)
{
    char path[64];
    char name[32];

    run_until_end("exit 0");
    test_loop_until(holds_one_socket, NULL);
    snprintf(path, sizeof path, "/proc/%d/comm", test_spawner_process.pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = read(fd, name, sizeof name - 1);
    close(fd);
    ck_assert_int_gt((int)len, 0);
    name[len] = '\0';
    ck_assert_str_eq(name, SPAWN_PROCESS_NAME "\n");
}
END_TEST

/* ---- signals ---- */

START_TEST(signal_reaches_the_whole_group)
{
    run(&children[0], "sleep 100 & echo $! > child.new; mv child.new child; wait");
    test_loop_until(has_file, (void *)"child");
    spawner_signal(&children[0], SIGTERM);
    test_loop_until_count(&ended, 1);
    ck_assert_int_eq(last.signum, SIGTERM);
    pid_t child = (pid_t)atoi(file("child"));
    test_loop_until(is_gone, &child);
}
END_TEST

START_TEST(signal_before_the_start_is_not_lost)
{
    static const int signals[] = {SIGTERM, SIGKILL};

    for (unsigned i = 0; i < 2; i++) {
        run(&children[0], "sleep 100");
        spawner_signal(&children[0], signals[i]);
        spawner_signal(&children[0], SIGTERM);
        test_loop_until_count(&ended, i + 1);
        ck_assert_int_eq(last.signum, signals[i]);
    }
}
END_TEST

static bool has_any_ended(void *status)
{
    return waitpid(-1, status, WNOHANG) > 0;
}

START_TEST(program_that_is_forgotten_before_its_start_is_killed)
{
    int status = 0;

    run(&children[0], "exec sleep 100");
    spawner_forget(&children[0]);
    test_loop_until(has_any_ended, &status);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    ck_assert_uint_eq(ended, 0);
}
END_TEST

/* ---- the spawner's end ---- */

START_TEST(spawner_that_is_killed_is_lost_and_programs_run_on)
{
    run(&children[0], "touch begun; while [ ! -e go ]; do sleep 0.05; done; exit 5");
    test_loop_until(has_file, (void *)"begun");
    kill(test_spawner_process.pid, SIGSTOP);
    run(&children[1], "touch ran");
    kill(test_spawner_process.pid, SIGKILL);
    test_loop_until_count(&test_spawner_losses, 1);
    ck_assert_str_eq(test_spawner_why, "was killed by signal 9 (Killed)");
    ck_assert_uint_eq(ended, 1);
    ck_assert_int_eq(last.error, SPAWN_ERROR_LOST);
    char *const arguments[] = {(char *)"/bin/true", NULL};
    ck_assert_int_eq(run_arguments(&children[1], arguments), SPAWN_ERROR_LOST);
    temp_dir_write(&dir, "go", "", 0);
    test_loop_until_count(&ended, 2);
    ck_assert(last.error == 0 && last.exit_status == 5);
    ck_assert(!has_file((void *)"ran"));
    ck_assert_uint_eq(test_spawner_losses, 1);
}
END_TEST

START_TEST(spawner_that_does_not_answer_is_lost)
{
    test_spawner.answer_ms = 1000;
    kill(test_spawner_process.pid, SIGSTOP);
    run(&children[0], "touch ran");
    test_loop_until_count(&test_spawner_losses, 1);
    ck_assert_str_eq(test_spawner_why, "has not answered for 1 s");
    ck_assert_int_eq(last.error, SPAWN_ERROR_LOST);
    ck_assert(!has_file((void *)"ran"));
}
END_TEST

START_TEST(spawner_ignores_signals_to_all)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGTSTP};

    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        kill(test_spawner_process.pid, signals[i]);
    run_until_end("exit 4");
    ck_assert_int_eq(last.exit_status, 4);
    ck_assert_uint_eq(test_spawner_losses, 0);
}
END_TEST

/* Messages that only a bug could send. */
static const struct {
    const char *bytes;
    size_t len;
    bool has_files;
} malformed[] = {
    {"0123456789abcdef", 16, true},                           /* its numbers are too large */
    {"\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0/bin/true", 25, true},  /* cut */
    {"\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0/bin/true", 26, false}, /* without files */
    {NULL, SPAWN_REQUEST_MAX + 1, true},                      /* too long */
};

START_TEST(malformed_message_ends_the_spawner)
{
    static char data[SPAWN_REQUEST_MAX + 1];
    const int fds[] = {0, 1, 2};
    size_t len = malformed[_i].len;

    if (malformed[_i].bytes != NULL)
        memcpy(data, malformed[_i].bytes, len);
    ck_assert_int_eq(spawn_socket_send(test_spawner_process.fd, data, len, malformed[_i].has_files ? fds : NULL, 0), 0);
    test_loop_until_count(&test_spawner_losses, 1);
    ck_assert_str_eq(test_spawner_why, "has ended with exit status 1");
}
END_TEST

/* A process that starts a spawner, and has the number of it in a file. */
static int run_owner(const char *path)
{
    struct spawn_process process;

    if (spawn_process_start(&process, NULL, environ) < 0)
        return 1;
    FILE *out = fopen(path, "w");
    if (out == NULL || fprintf(out, "%d\n", process.pid) < 0 || fclose(out) != 0)
        return 1;
    pause();
    return 0;
}

static bool has_line(void *name)
{
    const char *text = has_file(name) ? temp_dir_read(&dir, name, NULL) : NULL;

    return text != NULL && strchr(text, '\n') != NULL;
}

START_TEST(spawner_ends_with_the_process_that_started_it)
{
    char path[128];

    snprintf(path, sizeof path, "%s", temp_dir_path(&dir, "spawner"));
    fflush(NULL);
    pid_t owner = fork();
    if (owner == 0)
        _exit(run_owner(path));
    test_loop_until(has_line, (void *)"spawner");
    pid_t spawner = (pid_t)atoi(file("spawner"));
    ck_assert(!is_gone(&spawner));
    kill(owner, SIGKILL);
    ck_assert_int_eq(waitpid(owner, NULL, 0), owner);
    test_loop_until(is_gone, &spawner);
}
END_TEST

/* ---- the end ---- */

START_TEST(close_ends_what_is_not_started_and_waits_for_the_rest)
{
    run(&children[0], "touch begun; exec sleep 100");
    test_loop_until(has_file, (void *)"begun");
    kill(test_spawner_process.pid, SIGSTOP);
    run(&children[1], "exit 0");
    spawner_close(&test_spawner);
    ck_assert_uint_eq(ended, 1);
    ck_assert_int_eq(last.error, SPAWN_ERROR_LOST);
    spawner_signal(&children[0], SIGKILL);
    uv_run(&test_loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(ended, 2);
    ck_assert_int_eq(last.signum, SIGKILL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spawner");
    TCase *bad = tcase_create("malformed");

    CASES_ADD(suite, "ends", begin, end, exit_status_and_signal_are_reported,
              program_that_cant_be_run_is_reported_with_its_error, request_over_a_limit_is_an_error_at_once,
              many_programs_run_at_once, requests_wait_until_the_socket_has_room);
    CASES_ADD(suite, "gets", begin, end, program_gets_its_files_and_nothing_else, spawner_holds_one_socket);
    CASES_ADD(suite, "signals", begin, end, signal_reaches_the_whole_group, signal_before_the_start_is_not_lost,
              program_that_is_forgotten_before_its_start_is_killed);
    CASES_ADD(suite, "lost", begin, end, spawner_that_is_killed_is_lost_and_programs_run_on,
              spawner_that_does_not_answer_is_lost, spawner_ignores_signals_to_all,
              spawner_ends_with_the_process_that_started_it);
    tcase_add_checked_fixture(bad, begin, end);
    tcase_add_loop_test(bad, malformed_message_ends_the_spawner, 0, sizeof malformed / sizeof *malformed);
    suite_add_tcase(suite, bad);
    CASES_ADD(suite, "the end", begin, end, close_ends_what_is_not_started_and_waits_for_the_rest);
    return suite_run(suite);
}
