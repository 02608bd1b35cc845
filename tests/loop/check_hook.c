/* Hooks that are real scripts, on a real loop. */
#include "collector/autoscale/hook.h"

#include "support/cases.h"
#include "support/log_capture.h"
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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMEOUT_MS    8000U
#define REASONABLE_MS 900U

static struct temp_dir dir;
static struct hook hook;
static char program[PATH_MAX];
static const char *program_now; /* NULL: orders are not to be run any more */
static unsigned begun;
static unsigned ended;
static struct hook_result last;
static unsigned last_index;

static const char *on_begin(unsigned index, void *arg)
{
    ck_assert_ptr_eq(arg, &hook);
    ck_assert(hook_queue_slot(&hook.queue, index)->is_running);
    begun++;
    return program_now;
}

static void on_ended(unsigned index, const struct hook_result *result, void *arg)
{
    ck_assert_ptr_eq(arg, &hook);
    ck_assert(!hook_queue_slot(&hook.queue, index)->is_running);
    last = *result;
    last_index = index;
    ended++;
}

static const struct hook_events events = {.begin = on_begin, .on_ended = on_ended};

static unsigned open_files(void)
{
    DIR *entries = opendir("/proc/self/fd");
    unsigned count = 0;

    ck_assert_ptr_nonnull(entries);
    while (readdir(entries) != NULL)
        count++;
    closedir(entries);
    return count;
}

static unsigned files_before;

/* What libuv opens once in a process is open, and hooks inherit nothing that this process was given. */
static void settle_files(void)
{
    uv_loop_t loop;

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    for (int fd = STDERR_FILENO + 1; fd < 1024; fd++)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    files_before = open_files();
}

static void begin(void)
{
    signal(SIGPIPE, SIG_IGN); /* as signals_start() does */
    log_capture_start();
    temp_dir_create(&dir);
    settle_files();
    test_loop_start();
    test_spawner_start();
    strcpy(program, temp_dir_path(&dir, "hook"));
    program_now = program;
    ck_assert_int_eq(hook_start(&hook, &test_spawner, &test_loop, TIMEOUT_MS, 1, &events, &hook), 0);
    hook.term_ms = 300;
    hook.grace_ms = 300;
    hook.last_term_ms = 300;
}

/* No descriptor and no child is left, dead or alive. */
static void end(void)
{
    hook_close(&hook);
    hook_close(&hook);
    test_spawner_close();
    test_loop_end();
    hook_deinit(&hook);
    while (waitpid(-1, NULL, 0) > 0) /* what had been started when the spawner ended ends by itself */
        ;
    ck_assert_int_eq(errno, ECHILD);
    ck_assert_uint_eq(open_files(), files_before);
    temp_dir_remove(&dir);
}

/* The hook runs in the test's folder. */
static void write_hook(const char *script)
{
    char text[4096];

    int len = snprintf(text, sizeof text, "#!/bin/sh\ncd %s\n%s\n", dir.path, script);
    ck_assert_int_lt(len, (int)sizeof text);
    temp_dir_write(&dir, "new", text, (size_t)len);
    ck_assert_int_eq(fchmodat(dir.fd, "new", 0755, 0), 0);
    ck_assert_int_eq(renameat(dir.fd, "new", dir.fd, "hook"), 0);
}

static void put_order(unsigned index, const char *group, const struct hook_order *order, size_t len)
{
    struct hook_order put = *order;

    put.record = malloc(len);
    put.record_len = len;
    ck_assert_ptr_nonnull(put.record);
    memset(put.record, 'r', len);
    hook_queue_put(&hook.queue, index, group, &put, uv_now(&test_loop));
    hook_poke(&hook);
}

static void put_record(unsigned index, const char *group, unsigned to, size_t len)
{
    const struct hook_order order = {.to = to, .epoch = 7, .number = to};

    put_order(index, group, &order, len);
}

static void put(unsigned to)
{
    put_record(0, "web", to, 10);
}

static void await(unsigned count)
{
    test_loop_until_count(&ended, count);
    ck_assert_uint_eq(ended, count);
}

static bool has_file(void *name)
{
    return faccessat(dir.fd, name, F_OK, 0) == 0;
}

static void await_file(const char *name)
{
    test_loop_until(has_file, (void *)name);
}

static const char *file(const char *name)
{
    const char *text = temp_dir_read(&dir, name, NULL);

    ck_assert_msg(text != NULL, "there is no %s", name);
    return text;
}

/* The process whose number stands in the file. */
static pid_t process_in(const char *name)
{
    pid_t pid = (pid_t)atoi(file(name));

    ck_assert_int_gt(pid, 1);
    return pid;
}

/* Gone or a zombie: its new parent may be slow to reap it. */
static bool is_dead(void *arg)
{
    char path[64];
    char text[256] = "";

    snprintf(path, sizeof path, "/proc/%d/stat", *(pid_t *)arg);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return true;
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    const char *state = len > 0 ? strrchr(text, ')') : NULL;
    return state == NULL || state[2] == 'Z';
}

/* ---- what a hook gets ---- */

START_TEST(hook_gets_arguments_and_record)
{
    write_hook("printf '%s,' \"$@\" \"$HEADROOM_ORDER\" > arguments; cat > record");
    put(6);
    await(1);
    ck_assert_int_eq(last.verdict, HOOK_ACCEPTED);
    ck_assert_uint_eq(last.to, 6);
    ck_assert_uint_eq(last.wait_ms, 0);
    ck_assert_uint_eq(last.failures, 0);
    ck_assert_uint_eq(begun, 1);
    ck_assert_str_eq(file("arguments"), "scale-out,web,6,7.6,");
    ck_assert_str_eq(file("record"), "rrrrrrrrrr");
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "hook for web, scale-out to 6: accepted"), 1);
    ck_assert_str_eq(log_capture_field("HEADROOM_GROUP"), "web");
}
END_TEST

START_TEST(large_record_arrives_whole)
{
    write_hook("sleep 0.1; cat /dev/stdin | wc -c > size");
    put_record(0, "web", 6, RECORD_LEN_MAX);
    await(1);
    ck_assert_int_eq(last.verdict, HOOK_ACCEPTED);
    ck_assert_int_eq(atoi(file("size")), (int)RECORD_LEN_MAX);
}
END_TEST

START_TEST(record_need_not_be_read)
{
    static const char *const scripts[] = {"exit 0", "exec <&-; sleep 0.1", "head -c 1 > /dev/null; sleep 0.1"};

    for (unsigned i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        write_hook(scripts[i]);
        put_record(0, "web", 6, RECORD_LEN_MAX);
        await(i + 1);
        ck_assert_int_eq(last.verdict, HOOK_ACCEPTED);
    }
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, ""), 0);
}
END_TEST

START_TEST(hook_inherits_three_files_and_a_clean_environment)
{
    char files[PATH_MAX + 64];

    setenv("NOTIFY_SOCKET", "/run/notify", 1);
    setenv("WATCHDOG_USEC", "30000000", 1);
    setenv("HEADROOM_UNIT", "worker@.service", 1);
    hook_close(&hook);
    test_spawner_close();
    uv_run(&test_loop, UV_RUN_DEFAULT);
    hook_deinit(&hook);
    test_spawner_start();
    ck_assert_int_eq(hook_start(&hook, &test_spawner, &test_loop, TIMEOUT_MS, 1, &events, &hook), 0);
    /* The list first, by itself: a shell that sets up a pipeline has more files open. */
    write_hook(
        "ls -l /proc/$$/fd > list; sed -n '/list$/d; s/.*-> //p' list | sed 's/:.*//' | sort | uniq -c > files; env > "
        "variables; cat /proc/$$/stat > stat; sed -n s/SigIgn://p /proc/$$/status > ignored");
    put(2);
    await(1);
    snprintf(files, sizeof files, "      1 %s\n      3 pipe\n", program);
    ck_assert_str_eq(file("files"), files);
    ck_assert_ptr_null(strstr(file("variables"), "NOTIFY_SOCKET"));
    ck_assert_ptr_null(strstr(file("variables"), "WATCHDOG"));
    ck_assert_ptr_nonnull(strstr(file("variables"), "HEADROOM_UNIT=worker@.service\n"));
    ck_assert_str_eq(getenv("NOTIFY_SOCKET"), "/run/notify");
    ck_assert_int_eq((int)strtoul(file("ignored"), NULL, 16) & (1 << (SIGPIPE - 1)), 0);
    int pid = 0, group = 0, session = 0;
    ck_assert_int_eq(sscanf(file("stat"), "%d (hook) %*c %*d %d %d", &pid, &group, &session), 3);
    ck_assert_int_eq(group, pid);
    ck_assert_int_eq(session, pid);
}
END_TEST

/* ---- its output ---- */

START_TEST(output_is_logged_line_by_line)
{
    write_hook("echo one; echo two >&2; printf three");
    put(2);
    await(1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "hook for web: one"), 1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "hook for web: two"), 1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "hook for web: three"), 1);
}
END_TEST

START_TEST(endless_output_is_bounded_and_does_not_keep_the_loop_busy)
{
    struct rusage before, after;

    hook.timeout_ms = 1000;
    write_hook("exec yes 'a line of which there are many'");
    getrusage(RUSAGE_SELF, &before);
    put(2);
    await(1);
    getrusage(RUSAGE_SELF, &after);
    ck_assert_int_eq(last.verdict, HOOK_TIMED_OUT);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "hook for web: a line"), HOOK_LINES_MAX);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "more lines"), 1);
    int64_t used_us =
        (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1000000 + after.ru_utime.tv_usec - before.ru_utime.tv_usec;
    ck_assert_int_lt(used_us, 500000);
}
END_TEST

START_TEST(line_without_end_is_bounded)
{
    write_hook("head -c 100000 /dev/zero | tr '\\0' x; echo; echo end");
    put(2);
    await(1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "xxx..."), 1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "hook for web: end"), 1);
    ck_assert_uint_lt(strlen(log_capture_find("xxx...")), HOOK_LINE_MAX + 30);
}
END_TEST

START_TEST(output_left_in_the_pipe_is_read_after_the_end)
{
    write_hook("seq -f 'x%g' 40; seq -f 'y%050g' 600");
    put(2);
    await(1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "hook for web: x40"), 1);
    ck_assert_ptr_nonnull(log_capture_find("hook for web: 590 more lines were not logged"));
}
END_TEST

START_TEST(background_process_that_holds_the_output_open_is_not_waited_for)
{
    write_hook("sleep 30 & echo $! > daemon");
    put(2);
    await(1);
    ck_assert_int_eq(last.verdict, HOOK_ACCEPTED);
    ck_assert_uint_lt(last.duration_ms, 5000);
    pid_t daemon = process_in("daemon");
    ck_assert(!is_dead(&daemon)); /* it is left alone */
    kill(daemon, SIGKILL);
}
END_TEST

/* ---- how it ends ---- */

START_TEST(failed_order_is_not_run_again_and_the_next_one_waits)
{
    write_hook("echo x >> tries; [ $(wc -l < tries) -ge 3 ] || exit 3");
    put(6);
    await(1);
    ck_assert_int_eq(last.verdict, HOOK_REFUSED);
    ck_assert_int_eq(last.exit_status, 3);
    ck_assert_uint_ge(last.wait_ms, 500);
    ck_assert_uint_le(last.wait_ms, 1000);
    ck_assert_uint_eq(last.failures, 1);
    test_loop_for_ms(1200);
    ck_assert_uint_eq(ended, 1);
    put(6);
    await(2);
    ck_assert_uint_eq(last.failures, 2);
    uint64_t not_before_ms = uv_now(&test_loop) + last.wait_ms;
    put(6);
    await(3);
    ck_assert_uint_ge(uv_now(&test_loop), not_before_ms);
    ck_assert_int_eq(last.verdict, HOOK_ACCEPTED);
    ck_assert_uint_eq(last.to, 6);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "exit status 3"), 2);
}
END_TEST

START_TEST(newer_order_waits_and_replaces_an_older_one)
{
    write_hook("echo $3 >> counts; [ -e running ] && echo twice >> counts; touch running; sleep 0.2; rm running");
    put(5);
    put(6);
    put(7);
    await(2);
    test_loop_for_ms(50);
    ck_assert_uint_eq(ended, 2);
    ck_assert_str_eq(file("counts"), "5\n7\n");
}
END_TEST

START_TEST(withdrawn_order_is_not_run)
{
    write_hook("echo $3 >> counts; [ $3 = 5 ] && sleep 0.2");
    put(5);
    put(6);
    hook_queue_withdraw(&hook.queue, 0);
    await(1);
    test_loop_for_ms(300);
    ck_assert_uint_eq(ended, 1);
    ck_assert_str_eq(file("counts"), "5\n");
}
END_TEST

START_TEST(order_that_is_not_to_be_run_any_more_is_dropped)
{
    write_hook("echo $3 >> counts");
    program_now = NULL;
    put(5);
    test_loop_for_ms(100);
    ck_assert_uint_eq(begun, 1);
    ck_assert_uint_eq(ended, 0);
    ck_assert_uint_eq(hook.queue.running, 0);
    program_now = program;
    put(6);
    await(1);
    ck_assert_str_eq(file("counts"), "6\n");
}
END_TEST

START_TEST(scale_in_names_its_nodes_and_may_find_too_few)
{
    char **nodes = malloc(2 * sizeof *nodes);

    ck_assert_ptr_nonnull(nodes);
    nodes[0] = (char *)"web-3";
    nodes[1] = (char *)"web-1";
    const struct hook_order order = {.is_in = true, .to = 4, .nodes = nodes, .node_count = 2, .epoch = 7, .number = 12};
    write_hook("printf '%s,' \"$@\" \"$HEADROOM_ORDER\" > arguments; exit 65");
    put_order(0, "web", &order, 10);
    await(1);
    ck_assert_str_eq(file("arguments"), "scale-in,web,4,web-3,web-1,7.12,");
    ck_assert_int_eq(last.verdict, HOOK_TOO_FEW);
    ck_assert_uint_eq(last.wait_ms, 0); /* no failure */
    ck_assert_uint_eq(last.failures, 0);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, ""), 0);
}
END_TEST

START_TEST(hook_that_hangs_gets_a_term_signal)
{
    hook.timeout_ms = 200;
    write_hook("trap 'echo sorry; exit 0' TERM; while :; do sleep 0.05; done");
    put(5);
    await(1);
    ck_assert_int_eq(last.verdict, HOOK_TIMED_OUT); /* whatever its exit status */
    ck_assert_uint_gt(last.wait_ms, 0);
    ck_assert_uint_ge(last.duration_ms, 200);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "hook for web: sorry"), 1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "not finished within its time limit"), 1);
}
END_TEST

START_TEST(hook_that_ignores_it_is_killed_with_all_its_processes)
{
    hook.timeout_ms = 200;
    write_hook("trap '' TERM; sleep 30 & echo $! > child; echo $$ > self; while :; do sleep 0.05; done");
    put_record(0, "web", 5, RECORD_LEN_MAX); /* which it never reads */
    await(1);
    ck_assert_int_eq(last.verdict, HOOK_TIMED_OUT);
    ck_assert_uint_ge(last.duration_ms, 500);
    pid_t child = process_in("child");
    pid_t self = process_in("self");
    test_loop_until(is_dead, &child);
    test_loop_until(is_dead, &self);
}
END_TEST

START_TEST(what_a_timed_out_hook_leaves_is_killed)
{
    hook.timeout_ms = 300;
    write_hook("(trap '' TERM; echo ready > child.ready; while :; do sleep 0.05; done) & echo $! > child; wait");
    put(5);
    await(1);
    ck_assert_int_eq(last.verdict, HOOK_TIMED_OUT);
    pid_t child = process_in("child");
    test_loop_until(is_dead, &child);
}
END_TEST

START_TEST(hook_that_dies_of_a_signal_has_failed)
{
    write_hook("kill -KILL $$");
    put(5);
    await(1);
    ck_assert_int_eq(last.verdict, HOOK_DIED);
    ck_assert_int_eq(last.signum, SIGKILL);
    ck_assert_uint_gt(last.wait_ms, 0);
}
END_TEST

/* ---- what can't be started ---- */

START_TEST(program_that_is_missing_is_a_failure)
{
    put(5);
    await(1);
    ck_assert_int_eq(last.verdict, HOOK_NOT_STARTED);
    ck_assert_int_eq(last.error, -ENOENT);
    ck_assert_uint_gt(last.wait_ms, 0);
    write_hook("exit 0");
    put(5);
    await(2);
    ck_assert_int_eq(last.verdict, HOOK_ACCEPTED);
}
END_TEST

START_TEST(program_that_is_not_executable_is_said)
{
    temp_dir_write(&dir, "hook", "#!/bin/sh\n", 10);
    put(5);
    await(1);
    ck_assert_int_eq(last.verdict, HOOK_NOT_STARTED);
    ck_assert_int_eq(last.error, -EACCES);
}
END_TEST

START_TEST(no_descriptors_are_a_failure_like_others)
{
    struct rlimit limit, none;

    write_hook("exit 0");
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    for (rlim_t more = 0; more <= 9; more++) {
        /* From no descriptor to as many as it needs: each of its steps fails once. */
        none = (struct rlimit){files_before + more, limit.rlim_max};
        setrlimit(RLIMIT_NOFILE, &none);
        put(5);
        setrlimit(RLIMIT_NOFILE, &limit);
        await((unsigned)more + 1);
        ck_assert_msg(last.verdict == HOOK_ACCEPTED || (last.verdict == HOOK_NOT_STARTED && last.error == -EMFILE),
                      "%d %d", last.verdict, last.error);
        ck_assert(more > 0 || last.verdict == HOOK_NOT_STARTED);
        hook_queue_withdraw(&hook.queue, 0);
        hook.queue.slots[0].not_before_ms = 0;
    }
    ck_assert_int_eq(last.verdict, HOOK_ACCEPTED);
}
END_TEST

/* ---- several ---- */

static char names[2 * HOOK_FRESH_MAX][8];

START_TEST(programs_are_not_started_all_at_once)
{
    enum { COUNT = 2 * HOOK_FRESH_MAX };

    write_hook("touch running-$2; ls | grep -c running- >> counts; sleep 0.3; rm running-$2");
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "g%u", i);
        put_record(i, names[i], 2, 10);
    }
    ck_assert_uint_eq(begun, HOOK_FRESH_MAX);
    await(COUNT);
    unsigned most = 0;
    for (const char *at = file("counts"); *at != '\0'; at = strchr(at, '\n') + 1)
        most = (unsigned)atoi(at) > most ? (unsigned)atoi(at) : most;
    ck_assert_uint_le(most, HOOK_FRESH_MAX);
    ck_assert_uint_ge(most, 2);
}
END_TEST

START_TEST(order_may_be_given_when_another_has_ended)
{
    write_hook("exit 0");
    for (unsigned i = 1; i <= 50; i++) {
        put(i + 1);
        await(i);
        ck_assert_uint_eq(last.to, i + 1);
    }
}
END_TEST

/* ---- the end ---- */

static unsigned drained;

static void on_drained(void *arg)
{
    ck_assert_ptr_eq(arg, &drained);
    drained++;
}

START_TEST(drain_without_runs_is_at_once)
{
    hook_drain(&hook, on_drained, &drained);
    ck_assert_uint_eq(drained, 1);
    write_hook("touch ran");
    put(2);
    test_loop_for_ms(50);
    ck_assert(!has_file("ran"));
}
END_TEST

START_TEST(drain_waits_for_what_runs_and_drops_what_waits)
{
    hook.grace_ms = 5000;
    write_hook("touch begun; sleep 0.2; echo $3 >> counts");
    put(2);
    put(3);
    await_file("begun");
    hook_drain(&hook, on_drained, &drained);
    ck_assert_uint_eq(drained, 0);
    test_loop_until_count(&drained, 1);
    ck_assert_uint_eq(ended, 1);
    ck_assert_int_eq(last.verdict, HOOK_ACCEPTED);
    ck_assert_str_eq(file("counts"), "2\n");
}
END_TEST

START_TEST(drain_ends_a_hook_after_the_grace_time)
{
    write_hook("trap '' TERM; touch begun; while :; do sleep 0.05; done");
    put(2);
    await_file("begun");
    hook_drain(&hook, on_drained, &drained);
    test_loop_until_count(&drained, 1);
    ck_assert_int_eq(last.verdict, HOOK_STOPPED);
    ck_assert_uint_eq(last.wait_ms, 0);
    ck_assert_uint_ge(last.duration_ms, 600);
}
END_TEST

START_TEST(close_kills_at_once_and_no_callback_comes)
{
    write_hook("trap '' TERM; echo $$ > self.new; mv self.new self; while :; do sleep 0.05; done");
    put_record(0, "web", 2, RECORD_LEN_MAX);
    put(3);
    await_file("self");
    pid_t self = process_in("self");
    hook_drain(&hook, on_drained, &drained);
    uint64_t begin_ms = uv_now(&test_loop);
    hook_close(&hook);
    test_spawner_close();
    uv_run(&test_loop, UV_RUN_DEFAULT);
    ck_assert_uint_lt(uv_now(&test_loop) - begin_ms, REASONABLE_MS);
    ck_assert(is_dead(&self));
    ck_assert_uint_eq(ended, 0);
    ck_assert_uint_eq(drained, 0);
}
END_TEST

START_TEST(close_while_the_rest_of_the_output_is_awaited)
{
    write_hook("sleep 30 & echo $! > daemon.new; mv daemon.new daemon");
    put(2);
    await_file("daemon");
    while (hook.places->run.life.phase == HOOK_RUNNING)
        uv_run(&test_loop, UV_RUN_ONCE);
    ck_assert_int_eq(hook.places->run.life.phase, HOOK_EXITED);
    hook_close(&hook);
    test_spawner_close();
    uv_run(&test_loop, UV_RUN_DEFAULT);
    kill(process_in("daemon"), SIGKILL);
}
END_TEST

static void on_ended_close(unsigned index, const struct hook_result *result, void *arg)
{
    on_ended(index, result, arg);
    put(9);
    hook_close(&hook);
}

START_TEST(close_in_a_callback_is_the_end)
{
    struct hook_events closing = {.begin = on_begin, .on_ended = on_ended_close};

    hook.events = &closing;
    write_hook("echo $3 >> counts; [ $3 = 2 ] || sleep 30");
    put(2);
    await(1);
    test_spawner_close();
    uv_run(&test_loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(ended, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hook");

    CASES_ADD(suite, "gets", begin, end, hook_gets_arguments_and_record, large_record_arrives_whole,
              record_need_not_be_read, hook_inherits_three_files_and_a_clean_environment);
    CASES_ADD(suite, "says", begin, end, output_is_logged_line_by_line,
              endless_output_is_bounded_and_does_not_keep_the_loop_busy, line_without_end_is_bounded,
              output_left_in_the_pipe_is_read_after_the_end,
              background_process_that_holds_the_output_open_is_not_waited_for);
    CASES_ADD(suite, "ends", begin, end, failed_order_is_not_run_again_and_the_next_one_waits,
              newer_order_waits_and_replaces_an_older_one, withdrawn_order_is_not_run,
              order_that_is_not_to_be_run_any_more_is_dropped, scale_in_names_its_nodes_and_may_find_too_few,
              hook_that_hangs_gets_a_term_signal, hook_that_ignores_it_is_killed_with_all_its_processes,
              what_a_timed_out_hook_leaves_is_killed, hook_that_dies_of_a_signal_has_failed);
    CASES_ADD(suite, "can't start", begin, end, program_that_is_missing_is_a_failure,
              program_that_is_not_executable_is_said, no_descriptors_are_a_failure_like_others);
    CASES_ADD(suite, "several", begin, end, programs_are_not_started_all_at_once,
              order_may_be_given_when_another_has_ended);
    CASES_ADD(suite, "the end", begin, end, drain_without_runs_is_at_once,
              drain_waits_for_what_runs_and_drops_what_waits, drain_ends_a_hook_after_the_grace_time,
              close_kills_at_once_and_no_callback_comes, close_while_the_rest_of_the_output_is_awaited,
              close_in_a_callback_is_the_end);
    return suite_run(suite);
}
