/* Programs that report signals, as real scripts on a real loop: what they print arrives, and whatever else they do
 * costs only their own signals. */
#include "collector/feeds/feeds.h"

#include "support/cases.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"
#include "support/test_spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIGNALS 4U
#define TICK_MS 300

static struct temp_dir dir;
static struct collector_config config;
static struct feeds feeds;
static char bridge[PATH_MAX];
static unsigned values; /* lines of kind signal, */
static unsigned misses; /* and of kind missing */
static struct feed_line last_value;
static struct feed_line last_miss;
static char *arguments[] = {"headroom-collector", "--config", "c.conf", NULL};

static void on_line(const struct feed_line *line, void *arg)
{
    ck_assert_ptr_eq(arg, &feeds);
    if (line->kind == FEED_LINE_SIGNAL) {
        values++;
        last_value = *line;
    } else {
        ck_assert_int_eq(line->kind, FEED_LINE_MISSING);
        misses++;
        last_miss = *line;
    }
}

static void begin(void)
{
    signal(SIGPIPE, SIG_IGN); /* as signals_start() does */
    log_capture_start();
    temp_dir_create(&dir);
    strcpy(bridge, temp_dir_path(&dir, "bridge"));
    test_loop_start();
    test_spawner_start();
    config = collector_config_defaults;
    config.settings.tick_ms = TICK_MS;
    config.signals = calloc(SIGNALS, sizeof *config.signals);
    ck_assert_ptr_nonnull(config.signals);
}

/* No process is left. */
static void end(void)
{
    feeds_close(&feeds);
    feeds_close(&feeds);
    test_spawner_close();
    test_loop_end();
    while (waitpid(-1, NULL, 0) > 0)
        ;
    ck_assert_int_eq(errno, ECHILD);
    free(config.signals);
    temp_dir_remove(&dir);
}

static void start(void)
{
    const struct feed_options options = {
        .spawner = &test_spawner, .bridge = bridge, .argv = arguments, .cb = on_line, .arg = &feeds};

    ck_assert_int_eq(feeds_start(&feeds, &test_loop, &config, &options), 0);
}

/* A program that runs in the test's folder. */
static void write_program(const char *name, const char *script)
{
    char text[4096];

    int len = snprintf(text, sizeof text, "#!/bin/sh\ncd %s\n%s\n", dir.path, script);
    ck_assert_int_lt(len, (int)sizeof text);
    temp_dir_write(&dir, name, text, (size_t)len);
    ck_assert_int_eq(fchmodat(dir.fd, name, 0755, 0), 0);
}

static void add_signal(const char *name, const char *program, const char *more)
{
    struct signal_settings *signal = &config.signals[config.signal_count++];

    *signal = signal_settings_initial;
    snprintf(signal->name, sizeof signal->name, "%s", name);
    if (program != NULL)
        snprintf(signal->program, sizeof signal->program, "%s%s", temp_dir_path(&dir, program), more);
    else
        strcpy(signal->query, "sum(x)");
}

/* One signal, whose program is this script. */
static void start_script(const char *script)
{
    write_program("program", script);
    add_signal("web", "program", "");
    start();
}

static bool has_file(void *name)
{
    return faccessat(dir.fd, name, F_OK, 0) == 0;
}

static const char *await_file(const char *name)
{
    test_loop_until(has_file, (void *)name);
    return temp_dir_read(&dir, name, NULL);
}

/* ---- what arrives ---- */

START_TEST(lines_of_a_program_that_keeps_running_arrive)
{
    start_script("n=0; while :; do n=$((n+1)); echo \"signal web $n 20 nodes 3 floor 2\"; sleep 0.02; done");
    test_loop_until_count(&values, 10);
    ck_assert_str_eq(last_value.name, "web");
    ck_assert_double_ge(last_value.value, 10);
    ck_assert_int_eq(last_value.age_ms, 20);
    ck_assert_uint_eq(last_value.nodes, 3);
    ck_assert_uint_eq(last_value.floor, 2);
    ck_assert_uint_eq(misses, 0);
    ck_assert_uint_ge(feeds.hub.lines.used, 10);
}
END_TEST

START_TEST(a_program_that_ends_is_run_at_each_tick)
{
    start_script("echo signal web 7 0");
    test_loop_until_count(&values, 4);
    ck_assert_uint_eq(misses, 0);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, ""), 0);
}
END_TEST

START_TEST(programs_get_their_arguments_and_an_empty_input)
{
    write_program("program", "cat > input; echo \"$# $1 $2\" > arguments.new; mv arguments.new arguments\n"
                             "echo signal web 1 0");
    add_signal("web", "program", " batch  --all");
    start();
    ck_assert_str_eq(await_file("arguments"), "2 batch --all\n");
    test_loop_until_count(&values, 1);
}
END_TEST

START_TEST(the_bridge_gets_the_collectors_command_line)
{
    write_program("bridge", "echo \"$# $1 $2 $3\" > arguments.new; mv arguments.new arguments; echo signal rps 5 0\n"
                            "echo missing errors no series; exec sleep 100");
    add_signal("errors", NULL, "");
    add_signal("rps", NULL, "");
    start();
    ck_assert_str_eq(await_file("arguments"), "3 query --config c.conf\n");
    test_loop_until_count(&values, 1);
    test_loop_until_count(&misses, 1);
    ck_assert_str_eq(last_value.name, "rps");
    ck_assert_str_eq(last_miss.name, "errors");
    ck_assert_str_eq(last_miss.sentence, "no series");
}
END_TEST

START_TEST(one_program_may_report_several_signals)
{
    write_program("program", "echo signal a 1 0; echo signal b 2 0; exec sleep 100");
    add_signal("a", "program", "");
    add_signal("b", "program", "");
    start();
    test_loop_until_count(&values, 2);
    test_loop_for_ms(50);
    ck_assert_uint_eq(values, 2);
    feed_run_kill(feeds.list->run);
    test_loop_until_count(&misses, 2);
    ck_assert_ptr_nonnull(strstr(last_miss.sentence, "was killed by signal 9"));
}
END_TEST

/* ---- faults ---- */

START_TEST(the_last_line_of_a_failed_program_is_the_reason)
{
    char expected[PATH_MAX];

    start_script("echo signal web 1 0; echo first >&2; echo 'the queue does not answer' >&2; exit 3");
    test_loop_until_count(&misses, 1);
    ck_assert_uint_eq(values, 1);
    snprintf(expected, sizeof expected, "%s ended with exit status 3: the queue does not answer",
             temp_dir_path(&dir, "program"));
    ck_assert_str_eq(last_miss.sentence, expected);
    test_loop_until_count(&misses, 2); /* it is started again */
    ck_assert_uint_eq(values, 2);
}
END_TEST

START_TEST(a_program_that_is_not_there_makes_its_signals_missing)
{
    add_signal("web", "nothing", "");
    start();
    test_loop_until_count(&misses, 1);
    ck_assert_ptr_nonnull(strstr(last_miss.sentence, "nothing can't be started: No such file or directory"));
}
END_TEST

START_TEST(a_program_that_reports_nothing_has_failed)
{
    start_script("echo '# comment'");
    test_loop_until_count(&misses, 1);
    ck_assert_ptr_nonnull(strstr(last_miss.sentence, "ended and reported nothing"));
    ck_assert_uint_eq(feeds.hub.lines.ignored, 1);
}
END_TEST

START_TEST(nonsense_is_counted_and_some_of_it_logged)
{
    start_script("head -c 100000 /dev/urandom | tr -d '\\n'; echo; echo signal db 1 0; echo signal; echo hello\n"
                 "for i in 1 2 3 4 5 6 7 8 9; do echo signal /; done; echo signal web NaN 0; echo signal web 4 0\n"
                 "exec sleep 100");
    test_loop_until_count(&values, 1);
    ck_assert_double_eq(last_value.value, 4);
    ck_assert_uint_eq(misses, 1);
    ck_assert_str_eq(last_miss.sentence, "the value must be a number from 0, got \"NaN\"");
    ck_assert_uint_eq(feeds.hub.lines.ignored, 1);
    ck_assert_uint_eq(feeds.hub.lines.unusable, 12);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "printed a line that can't be used: "), 5);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "no signal of this program has the name db"), 1);
}
END_TEST

START_TEST(a_flood_fills_its_pipe_and_not_the_loop)
{
    write_program("program", "exec yes signal web 1 0");
    write_program("other", "n=0; while :; do echo signal db 1 0; sleep 0.02; done");
    add_signal("web", "program", "");
    start();
    test_loop_until_count(&values, 1);
    uint64_t begun_ms = uv_now(&test_loop);
    test_loop_for_ms(500);
    uint64_t reads = (uv_now(&test_loop) - begun_ms) / FEED_RUN_PAUSE_MS + 2;
    ck_assert_uint_le(values, reads * FEED_RUN_BUFFER / sizeof "signal web 1 0");
    add_signal("db", "other", "");
    ck_assert_int_eq(feeds_reconfigure(&feeds, &config), 0);
    unsigned of_other = 0;
    while (of_other < 5) {
        test_loop_until_count(&values, values + 1);
        of_other += strcmp(last_value.name, "db") == 0;
    }
}
END_TEST

START_TEST(a_program_that_hangs_is_missing_and_then_killed)
{
    start_script("echo signal web 1 0; exec sleep 100");
    feeds.list->life.silence_ms = 200;
    feeds.list->life.hang_ms = 300;
    ck_assert_int_eq(feeds_reconfigure(&feeds, &config), 0); /* looks at the times again */
    test_loop_until_count(&misses, 1);
    ck_assert_ptr_nonnull(strstr(last_miss.sentence, "has reported nothing for 0 s"));
    test_loop_until_count(&misses, 2);
    ck_assert_ptr_nonnull(strstr(last_miss.sentence, "reported nothing for 0 s and was ended"));
    test_loop_until_count(&values, 2);
}
END_TEST

START_TEST(what_a_program_leaves_behind_does_not_hold_its_end)
{
    start_script("echo signal web 1 0; sleep 3 & exit 1");
    uint64_t begun_ms = uv_hrtime() / 1000000;
    test_loop_until_count(&misses, 1);
    ck_assert_uint_ge(uv_hrtime() / 1000000 - begun_ms, FEED_RUN_REST_MS);
    ck_assert_ptr_nonnull(strstr(last_miss.sentence, "exit status 1"));
}
END_TEST

/* ---- reload and end ---- */

static bool is_dead(void *arg)
{
    pid_t pid = *(pid_t *)arg;

    return kill(pid, 0) < 0 && errno == ESRCH;
}

START_TEST(what_a_program_leaves_behind_is_killed)
{
    start_script("sleep 1000 & echo $! > pid.new; mv pid.new pid; echo signal web 1 0");
    pid_t pid = (pid_t)atoi(await_file("pid"));
    test_loop_until(is_dead, &pid);
    ck_assert_uint_eq(misses, 0);
}
END_TEST

START_TEST(a_reload_changes_only_what_has_changed)
{
    write_program("one", "echo run >> one.runs; while :; do echo signal a 1 0; echo signal c 3 0; sleep 0.02; done");
    write_program("two", "echo $$ > two.new; mv two.new two.pid; while :; do echo signal b 2 0; sleep 0.02; done");
    add_signal("a", "one", "");
    add_signal("b", "two", "");
    start();
    pid_t pid = (pid_t)atoi(await_file("two.pid"));
    test_loop_until_count(&values, 4);
    config.signal_count = 1;
    add_signal("c", "one", "");
    ck_assert_int_eq(feeds_reconfigure(&feeds, &config), 0);
    test_loop_until(is_dead, &pid);
    unsigned of_c = 0;
    while (of_c == 0) {
        test_loop_until_count(&values, values + 1);
        of_c += strcmp(last_value.name, "c") == 0;
        ck_assert_str_ne(last_value.name, "b");
    }
    ck_assert_str_eq(temp_dir_read(&dir, "one.runs", NULL), "run\n");
    ck_assert_uint_eq(misses, 0);
    config.signal_count = 0;
    ck_assert_int_eq(feeds_reconfigure(&feeds, &config), 0);
    ck_assert_ptr_null(feeds.list);
    unsigned before = values;
    test_loop_for_ms(100);
    ck_assert_uint_eq(values, before);
}
END_TEST

START_TEST(at_the_end_all_programs_are_ended)
{
    write_program("program", "trap '' TERM PIPE; echo $$ > pid.new; mv pid.new pid; while :; do sleep 0.02; done");
    add_signal("web", "program", "");
    start();
    pid_t pid = (pid_t)atoi(await_file("pid"));
    feeds_close(&feeds);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(closing_at_once_leaves_nothing)
{
    start_script("exec sleep 100");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feeds");

    CASES_ADD(suite, "lines", begin, end, lines_of_a_program_that_keeps_running_arrive,
              a_program_that_ends_is_run_at_each_tick, programs_get_their_arguments_and_an_empty_input,
              the_bridge_gets_the_collectors_command_line, one_program_may_report_several_signals);
    CASES_ADD(suite, "faults", begin, end, the_last_line_of_a_failed_program_is_the_reason,
              a_program_that_is_not_there_makes_its_signals_missing, a_program_that_reports_nothing_has_failed,
              nonsense_is_counted_and_some_of_it_logged, a_flood_fills_its_pipe_and_not_the_loop,
              a_program_that_hangs_is_missing_and_then_killed, what_a_program_leaves_behind_does_not_hold_its_end);
    CASES_ADD(suite, "ends", begin, end, what_a_program_leaves_behind_is_killed, a_reload_changes_only_what_has_changed,
              at_the_end_all_programs_are_ended, closing_at_once_leaves_nothing);
    return suite_run(suite);
}
