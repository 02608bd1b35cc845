/* Programs of on-alert that are real scripts, on a real loop; the looks for problems are the test's. */
#include "collector/problems/alert_program.h"

#include "collector/problems/alerts_file.h"
#include "common/clock.h"
#include "common/disk_posix.h"
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

#include <jansson.h>

#define LOOK_MS 5000

static struct temp_dir dir;
static struct disk disk;
static struct collector_config config;
static struct alert_program program;
static struct problems problems;
static struct moment now; /* of the looks, which run ahead of the clocks */
static unsigned drained;

static void start_program(void)
{
    const struct alert_program_options options = {.config = &config, .spawner = &test_spawner, .disk = &disk};

    test_loop_start();
    test_spawner_start();
    alert_program_start(&program, &test_loop, &options, 1);
    program.term_ms = program.grace_ms = program.last_term_ms = 200;
}

static void end_program(void)
{
    alert_program_close(&program);
    alert_program_close(&program);
    test_spawner_close();
    test_loop_end();
    alert_program_deinit(&program);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    ck_assert_int_eq(errno, ECHILD);
}

static void begin(void)
{
    signal(SIGPIPE, SIG_IGN); /* as signals_start() does */
    log_capture_start();
    temp_dir_create(&dir);
    disk = disk_posix(dir.fd);
    config = collector_config_defaults;
    snprintf(config.on_alert, sizeof config.on_alert, "%s", temp_dir_path(&dir, "program"));
    problems = (struct problems){0};
    drained = 0;
    start_program();
    now = (struct moment){.now_ms = (int64_t)uv_now(&test_loop), .wall_ms = clock_wall_ms()};
}

static void end(void)
{
    end_program();
    problems_deinit(&problems);
    temp_dir_remove(&dir);
}

/* The program runs in the test's folder. */
static void write_program(const char *script)
{
    char text[4096];

    int len = snprintf(text, sizeof text, "#!/bin/sh\ncd %s\n%s\n", dir.path, script);
    ck_assert_int_lt(len, (int)sizeof text);
    temp_dir_write(&dir, "new", text, (size_t)len);
    ck_assert_int_eq(fchmodat(dir.fd, "new", 0755, 0), 0);
    ck_assert_int_eq(renameat(dir.fd, "new", dir.fd, "program"), 0);
}

/* A look that sees the limits of that many groups, which fire at once. */
static void look(unsigned groups)
{
    char name[16];

    now.now_ms += LOOK_MS;
    now.wall_ms += LOOK_MS;
    problems_begin_look(&problems, now.wall_ms);
    for (unsigned i = 0; i < groups; i++) {
        snprintf(name, sizeof name, "g%u", i);
        problems_note(&problems,
                      &(struct problem_note){.kind = PROBLEM_LIMITS_REACHED, .group = name, .text = "it is \"so\""});
    }
    problems_end_look(&problems);
    alert_program_look(&program, &problems, &now);
}

static bool is_free(void *arg)
{
    (void)arg;
    return hook_run_is_free(&program.run);
}

static bool is_idle(void *arg)
{
    return is_free(arg) && !write_job_running(&program.job);
}

/* Two looks: at the second one, what is due has been gathered. The run, if there is one, ends. */
static void look_and_await(unsigned groups)
{
    look(groups);
    look(groups);
    test_loop_until(is_idle, NULL);
}

static const char *file(const char *name)
{
    const char *text = temp_dir_read(&dir, name, NULL);

    ck_assert_msg(text != NULL, "there is no %s", name);
    return text;
}

static unsigned lines_of(const char *name)
{
    unsigned lines = 0;

    for (const char *at = file(name); (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    return lines;
}

/* How many alerts of an event the message in the file has. */
static unsigned events_in(const char *name, const char *event)
{
    json_t *message = json_loads(file(name), JSON_REJECT_DUPLICATES, NULL);
    const json_t *alert = NULL;
    unsigned count = 0;
    size_t i = 0;

    ck_assert_ptr_nonnull(message);
    json_array_foreach(json_object_get(message, "alerts"), i, alert) count +=
        strcmp(json_string_value(json_object_get(alert, "event")), event) == 0;
    json_decref(message);
    return count;
}

START_TEST(the_program_gets_one_message_of_all_that_begins)
{
    write_program("printf '%s,' \"$@\" >> arguments; cat > message; echo run >> runs");
    look_and_await(200);
    ck_assert_str_eq(file("arguments"), "alert,");
    ck_assert_uint_eq(events_in("message", "begins"), 200);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "alert program: 200 alerts accepted after"), 1);
    ck_assert_uint_eq(program.health.sent, 200);
    look_and_await(200);
    look_and_await(200);
    ck_assert_uint_eq(lines_of("runs"), 1);
}
END_TEST

START_TEST(the_end_is_told_and_what_lasts_is_repeated)
{
    config.alert_interval_ms = 0;
    config.alert_repeat_ms = 60000;
    write_program("cat > message");
    look_and_await(2);
    ck_assert_uint_eq(events_in("message", "begins"), 2);
    look_and_await(1);
    ck_assert_uint_eq(events_in("message", "ends"), 1);
    now.wall_ms += 60000;
    look_and_await(1);
    ck_assert_uint_eq(events_in("message", "continues"), 1);
    look_and_await(0);
    ck_assert_uint_eq(events_in("message", "ends"), 1);
    ck_assert_str_eq(file("alerts"), "{\"alerts\":1}\n");
}
END_TEST

START_TEST(a_failing_program_is_run_again_after_a_growing_wait)
{
    backoff_init(&program.backoff, 60000, 600000, 1);
    write_program("echo run >> runs; echo 'no server' >&2; exit 7");
    look_and_await(1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "alert program: no server"), 1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "alert program: 1 alert not accepted: exit status 7 after"),
                      1);
    ck_assert_uint_eq(program.health.failures, 1);
    ck_assert_uint_eq(program.health.runs[ALERT_FAILED], 1);
    ck_assert_ptr_nonnull(strstr(program.health.why, "exit status 7"));
    look_and_await(1);
    ck_assert_uint_eq(lines_of("runs"), 1);
    now.now_ms += 60000;
    look_and_await(1);
    ck_assert_uint_eq(lines_of("runs"), 2);
    write_program("cat > message");
    now.now_ms += 120000;
    look_and_await(3);
    ck_assert_uint_eq(events_in("message", "begins"), 3);
    ck_assert_uint_eq(program.health.failures, 0);
}
END_TEST

START_TEST(a_program_that_is_not_there_has_failed)
{
    look_and_await(1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "can't start the program: No such file"), 1);
    ck_assert_uint_eq(program.health.runs[ALERT_FAILED], 1);
}
END_TEST

START_TEST(a_hanging_program_ends_at_its_time_limit)
{
    config.hook_timeout_ms = 300;
    write_program("echo $$ > pid; exec sleep 60");
    look(1);
    look(1);
    for (unsigned i = 0; i < 3; i++)
        look(5); /* while it runs */
    test_loop_until(is_free, NULL);
    ck_assert_uint_eq(program.health.runs[ALERT_TIMED_OUT], 1);
    ck_assert_int_eq(kill(atoi(file("pid")), 0), -1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "not finished within its time limit"), 1);
}
END_TEST

START_TEST(a_restart_tells_nothing_again)
{
    write_program("cat > message; echo run >> runs");
    look_and_await(2);
    end_program();
    start_program();
    look_and_await(2);
    ck_assert_uint_eq(lines_of("runs"), 1);
    look_and_await(3);
    ck_assert_uint_eq(lines_of("runs"), 2);
    ck_assert_uint_eq(events_in("message", "begins"), 1);
}
END_TEST

START_TEST(a_damaged_file_costs_a_message)
{
    write_program("cat > message");
    end_program();
    temp_dir_write(&dir, "alerts", "{\"alerts\":1}\n{\"na", 17);
    start_program();
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "the file alerts is damaged, or of another version"), 1);
    look_and_await(2);
    ck_assert_uint_eq(events_in("message", "begins"), 2);
}
END_TEST

START_TEST(a_file_that_cannot_be_written_holds_nothing_up)
{
    write_program("cat > message");
    ck_assert_int_eq(mkdirat(dir.fd, "alerts.tmp", 0755), 0);
    look_and_await(2);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "alerts can't be written"), 1);
    look_and_await(3);
    ck_assert_uint_eq(events_in("message", "begins"), 1);
}
END_TEST

START_TEST(another_program_is_told_at_once_and_none_forgets)
{
    write_program("exit 1");
    look_and_await(1);
    ck_assert_uint_eq(program.health.failures, 1);
    config.on_alert[0] = '\0';
    look(1);
    test_loop_until(is_idle, NULL);
    ck_assert_uint_eq(program.health.failures, 0);
    ck_assert_str_eq(file("alerts"), "{\"alerts\":1}\n");
    snprintf(config.on_alert, sizeof config.on_alert, "%s", temp_dir_path(&dir, "program"));
    write_program("cat > message");
    look_and_await(1);
    ck_assert_uint_eq(events_in("message", "begins"), 1);
}
END_TEST

static void on_drained(void *arg)
{
    ck_assert_ptr_eq(arg, &program);
    drained++;
}

START_TEST(the_end_waits_for_a_run)
{
    program.grace_ms = 8000;
    write_program("cat > message; sleep 0.3; echo > done");
    look(1);
    look(1);
    alert_program_drain(&program, on_drained, &program);
    ck_assert_uint_eq(drained, 0);
    test_loop_until_count(&drained, 1);
    ck_assert_str_eq(file("done"), "\n");
    look(5);
    ck_assert(is_free(NULL));
}
END_TEST

START_TEST(the_end_does_not_wait_for_ever)
{
    write_program("trap '' TERM; echo > begun; while :; do sleep 0.1; done");
    look(1);
    look(1);
    alert_program_drain(&program, on_drained, &program);
    test_loop_until_count(&drained, 1);
    ck_assert_uint_eq(program.health.failures, 0);
}
END_TEST

START_TEST(without_a_run_the_end_is_at_once)
{
    alert_program_drain(&program, on_drained, &program);
    ck_assert_uint_eq(drained, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alert_program");
    TCase *tcase = tcase_create("core");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, the_program_gets_one_message_of_all_that_begins);
    tcase_add_test(tcase, the_end_is_told_and_what_lasts_is_repeated);
    tcase_add_test(tcase, a_failing_program_is_run_again_after_a_growing_wait);
    tcase_add_test(tcase, a_program_that_is_not_there_has_failed);
    tcase_add_test(tcase, a_hanging_program_ends_at_its_time_limit);
    tcase_add_test(tcase, a_restart_tells_nothing_again);
    tcase_add_test(tcase, a_damaged_file_costs_a_message);
    tcase_add_test(tcase, a_file_that_cannot_be_written_holds_nothing_up);
    tcase_add_test(tcase, another_program_is_told_at_once_and_none_forgets);
    tcase_add_test(tcase, the_end_waits_for_a_run);
    tcase_add_test(tcase, the_end_does_not_wait_for_ever);
    tcase_add_test(tcase, without_a_run_the_end_is_at_once);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
