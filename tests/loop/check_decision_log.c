/* decisions.csv with a real worker thread and real files. */
#include "collector/autoscale/decision_log.h"

#include "collector/store/dir_lock.h"
#include "common/clock.h"
#include "common/disk_posix.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIVE    "decisions.csv"
#define WALL_MS INT64_C(1700000000123)

static struct temp_dir dir;
static char header[DECISION_ROW_MAX];
static struct disk disk;
static struct segments segments;
static struct decision_log decision_log;
static struct decision decision;

static void begin(void)
{
    struct segments_options options = {.name = "decisions",
                                       .header = header,
                                       .row_ok = decision_rows_ok,
                                       .row_ms = segment_time_of_first_field,
                                       .limits = {.rotate_bytes = 1 << 30, .rotate_ms = INT64_MAX}};
    uint64_t cut = 0;

    /* One worker, so that a test can hold it up. */
    setenv("UV_THREADPOOL_SIZE", "1", 1);
    decision_fields_put_header(header);
    log_capture_start();
    temp_dir_create(&dir);
    test_loop_start();
    disk = disk_posix(dir.fd);
    ck_assert_int_eq(segments_open(&segments, &disk, &options, &cut), 0);
    ck_assert_int_eq(decision_log_start(&decision_log, &test_loop, &segments, NULL), 0);
    decision = (struct decision){
        .settings = SCALER_SETTINGS_DEFAULT,
        .observed = {.live = 4,
                     .warming = 1,
                     .age_ms = 1500,
                     .resource = {[RESOURCE_CPU] = {.demand = 11.36, .capacity = 16, .nodes = 4},
                                  [RESOURCE_APP] = {.demand = 250, .capacity = 200, .nodes = 2, .unread = 1}}},
        .pending = 2,
        .removing = 3,
        .expired = 1,
        .lead_ms = 90000,
        .slow_lead_ms = 95000,
        .window_ms = 120000,
        .utilisation = {0.71, NAN, 0.05, 1.25},
        .forecast = {{.valid = true,
                      .forecaster = FORECASTER_PEAK,
                      .expected = 13.5,
                      .low = 12.9,
                      .high = 14.08,
                      .bound = 14.5,
                      .horizon_ms = 105000,
                      .price = 1.25,
                      .promised = 1.5,
                      .paid = NAN,
                      .coverage = 0.9}},
        .vote_reactive = {[RESOURCE_MEMORY] = 5},
        .vote_forecast = {[RESOURCE_CPU] = 6},
        .rule = RULE_FORECAST,
        .action = ACTION_UP,
        .current = 4,
        .existing = 4,
        .carrying = 4,
        .to = 6,
        .order_epoch = 1764000000,
        .order_number = 12,
        .raw = 6,
        .desired = 6,
    };
}

static void end(void)
{
    decision_log_close(&decision_log);
    test_loop_end();
    decision_log_deinit(&decision_log);
    segments_close(&segments);
    temp_dir_remove(&dir);
}

static void add_as(const char *group, enum order_stage order, const char *why)
{
    const struct decision_record record = {
        .wall_ms = WALL_MS, .group = group, .decision = &decision, .order = order, .why = why};

    (void)decision_rows_add(&decision_log.rows, &record);
    decision_log_poke(&decision_log);
}

static void add(const char *why)
{
    add_as("web", ORDER_NONE, why);
}

static const char *rows(void)
{
    const char *text = temp_dir_read(&dir, LIVE, NULL);

    ck_assert_ptr_nonnull(text);
    ck_assert_mem_eq(text, header, strlen(header));
    return text + strlen(header);
}

static unsigned count_rows(const char *text)
{
    unsigned count = 0;

    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

/* And the worker is done with them. */
static bool has_rows(void *arg)
{
    return !write_job_running(&decision_log.job) && count_rows(rows()) >= *(const unsigned *)arg;
}

static bool is_held(void *arg)
{
    (void)arg;
    return decision_log.held;
}

static void await_rows(unsigned count)
{
    test_loop_until(has_rows, &count);
    ck_assert_uint_eq(count_rows(rows()), count);
}

/* Another machine may have the directory: no order begins. */
START_TEST(nothing_is_written_while_the_lock_of_the_directory_has_lapsed)
{
    struct dir_lock lock = {0};
    const unsigned two = 2;

    decision_log.lock = &lock;
    add("first");
    test_loop_until(is_held, NULL);
    ck_assert_uint_eq(count_rows(rows()), 0);
    add("second");
    atomic_store(&lock.renewed_ms, clock_uptime_ms());
    test_loop_until(has_rows, (void *)&two);
    ck_assert(!decision_log.held);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "decisions.csv can't be written: No locks available"), 1);
}
END_TEST

/* Fields of the header or of a row without a comma in its sentence. */
static unsigned count_fields(const char *line)
{
    unsigned count = 1;

    for (; *line != '\n'; line++)
        count += *line == ',';
    return count;
}

/* ---- rows ---- */

START_TEST(header_names_the_columns)
{
    add("");
    await_rows(1);
    ck_assert_str_eq(header,
                     "timestamp,group,action,current,raw,desired,existing,carrying,to,victim_count,order_epoch,"
                     "order_number,rule,resource,guard,mode,live,missing,returning,leaving,unreported,warming,pending,"
                     "overdue,removing,expired,protected,lost_at_once,roll_call,count,pin,paused,paused_in,age_s,"
                     "cpu_demand,cpu_capacity,cpu,memory,disk,app,app_demand,app_capacity,signals,cpu_unread,"
                     "memory_unread,disk_unread,app_unread,forecaster,cpu_forecast,cpu_forecast_low,cpu_forecast_high,"
                     "cpu_forecast_bound,horizon_s,price_expected,"
                     "price_promised,price_paid,coverage,high,target,price,nodes_min,nodes_max,lead_time_s,"
                     "slow_lead_time_s,stabilization_s,reactive_vote,forecast_vote,order,why\n");
}
END_TEST

START_TEST(row_has_every_input_of_the_decision)
{
    add("web: scale up 4 -> 6");
    await_rows(1);
    ck_assert_str_eq(
        rows(),
        "1700000000.123,web,up,4,6,6,4,4,6,0,1764000000,12,forecast,cpu,none,full,4,0,0,0,0,1,2,0,3,1,"
        "0,0,0,,,0,0,1.500,"
        "11.3600,16.0000,71.00,,5.00,125.00,250.00,200.00,,0,0,0,1,peak,13.5000,12.9000,14.0800,14.5000,105.000,"
        "1.250,1.500,,90.000,80.00,70.00,12.000,1,,90.000,95.000,120.000,5,6,,"
        "\"web: scale up 4 -> 6\"\n");
    ck_assert_uint_eq(count_fields(rows()), count_fields(header));
}
END_TEST

START_TEST(what_is_not_there_is_an_empty_field)
{
    decision.utilisation[RESOURCE_CPU] = NAN;
    decision.utilisation[RESOURCE_DISK] = NAN;
    decision.utilisation[RESOURCE_APP] = NAN;
    decision.observed.resource[RESOURCE_APP] = (struct resource_observation){0};
    decision.forecast[RESOURCE_CPU].valid = false;
    decision.rule = RULE_NONE;
    decision.action = ACTION_HOLD;
    decision.guard = GUARD_NO_DATA;
    add("silence");
    await_rows(1);
    ck_assert_str_eq(rows(),
                     "1700000000.123,web,hold,4,6,6,4,4,6,0,1764000000,12,none,,no-data,full,4,0,0,0,0,1,2,0,3,1,"
                     "0,0,0,,,0,0,1.500,"
                     "11.3600,16.0000,,,,,,,,0,0,0,0,,,,,,,,,,,80.00,70.00,12.000,1,,90.000,95.000,120.000,5,6,,"
                     "\"silence\"\n");
    ck_assert_uint_eq(count_fields(rows()), count_fields(header));
}
END_TEST

START_TEST(what_becomes_of_an_order_is_recorded)
{
    static const struct {
        enum order_stage order;
        const char *end;
    } orders[] = {{ORDER_NONE, ",5,6,,\"x\"\n"},
                  {ORDER_INTENT, ",5,6,intent,\"x\"\n"},
                  {ORDER_ACCEPTED, ",5,6,accepted,\"x\"\n"},
                  {ORDER_FAILED, ",5,6,failed,\"x\"\n"}};

    for (unsigned i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        add_as("web", orders[i].order, "x");
        await_rows(i + 1);
        ck_assert_str_eq(rows() + strlen(rows()) - strlen(orders[i].end), orders[i].end);
    }
}
END_TEST

START_TEST(sentence_is_quoted)
{
    static const struct {
        const char *why;
        const char *written;
    } sentences[] = {
        {"", ",\"\"\n"},
        {"a, b", ",\"a, b\"\n"},
        {"the \"best\" one", ",\"the \"\"best\"\" one\"\n"},
        {"\"", ",\"\"\"\"\n"},
    };

    for (unsigned i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
        add(sentences[i].why);
        await_rows(i + 1);
        size_t len = strlen(sentences[i].written);
        ck_assert_str_eq(rows() + strlen(rows()) - len, sentences[i].written);
    }
}
END_TEST

START_TEST(sentence_that_is_too_long_is_cut_and_still_closed)
{
    char why[5000];

    for (unsigned i = 0; i < 2; i++) {
        memset(why, i == 0 ? 'x' : '"', sizeof why - 1);
        why[sizeof why - 1] = '\0';
        add(why);
        await_rows(i + 1);
        ck_assert_uint_lt(strlen(rows()), DECISION_ROW_MAX * (i + 1));
        ck_assert_str_eq(rows() + strlen(rows()) - 2, "\"\n");
    }
}
END_TEST

START_TEST(longest_row_is_taken)
{
    char group[129];

    memset(group, 'g', sizeof group - 1);
    group[sizeof group - 1] = '\0';
    decision.observed.resource[RESOURCE_CPU].demand = 1e300;
    decision.observed.resource[RESOURCE_CPU].capacity = -1e300;
    decision.utilisation[RESOURCE_CPU] = 1e300;
    decision.forecast[RESOURCE_CPU].expected = 1e300;
    add_as(group, ORDER_NONE, "too much");
    await_rows(1);
    ck_assert_str_eq(rows() + strlen(rows()) - 12, ",\"too much\"\n");
}
END_TEST

START_TEST(written_rows_pass_for_rows_when_the_file_is_opened_again)
{
    uint64_t cut = 99;

    add("a \"word\", and more");
    add("");
    await_rows(2);
    segments_close(&segments);
    struct segments_options options = {.name = "decisions",
                                       .header = header,
                                       .row_ok = decision_rows_ok,
                                       .row_ms = segment_time_of_first_field,
                                       .limits = {.rotate_bytes = 1 << 30, .rotate_ms = INT64_MAX}};
    disk = disk_posix(dir.fd);
    ck_assert_int_eq(segments_open(&segments, &disk, &options, &cut), 0);
    ck_assert_uint_eq(cut, 0);
    ck_assert_uint_eq(count_rows(rows()), 2);
}
END_TEST

/* ---- writing ---- */

static uv_work_t busy;
static uv_sem_t may_go_on;

static void on_busy(uv_work_t *work)
{
    (void)work;
    uv_sem_wait(&may_go_on);
}

static void after_busy(uv_work_t *work, int status)
{
    (void)work;
    (void)status;
}

static void hold_up_worker(void)
{
    ck_assert_int_eq(uv_sem_init(&may_go_on, 0), 0);
    ck_assert_int_eq(uv_queue_work(&test_loop, &busy, on_busy, after_busy), 0);
}

static void release_worker(void)
{
    uv_sem_post(&may_go_on);
}

START_TEST(rows_that_come_during_a_write_follow_in_order)
{
    char why[32];
    const char *at = NULL;

    hold_up_worker();
    for (unsigned i = 0; i < 100; i++) {
        snprintf(why, sizeof why, "number %u.", i);
        add(why);
    }
    release_worker();
    await_rows(100);
    at = rows();
    for (unsigned i = 0; i < 100; i++) {
        snprintf(why, sizeof why, "number %u.", i);
        at = strstr(at, why);
        ck_assert_ptr_nonnull(at);
    }
}
END_TEST

static unsigned synced_calls;

static void on_synced(void *arg)
{
    ck_assert_ptr_eq(arg, &synced_calls);
    synced_calls++;
}

static bool is_synced(void *arg)
{
    (void)arg;
    return decision_log.rows.synced == decision_log.rows.added;
}

START_TEST(the_callback_comes_once_a_row_is_durable)
{
    synced_calls = 0;
    decision_log_on_synced(&decision_log, on_synced, &synced_calls);
    hold_up_worker();
    add("first");
    add("second"); /* waits for the write of the first */
    ck_assert_uint_eq(decision_log.rows.added, 2);
    test_loop_for_ms(20);
    ck_assert_uint_eq(decision_log.rows.synced, 0);
    ck_assert_uint_eq(synced_calls, 0);
    release_worker();
    test_loop_until(is_synced, NULL);
    ck_assert_uint_eq(synced_calls, 2);
    ck_assert_uint_eq(count_rows(rows()), 2);
}
END_TEST

START_TEST(rows_beyond_the_buffer_are_dropped_whole_and_logged)
{
    char why[1001];

    memset(why, 'x', sizeof why - 1);
    why[sizeof why - 1] = '\0';
    hold_up_worker();
    for (unsigned i = 0; i < 300; i++)
        add(why);
    unsigned dropped = log_capture_count(LOG_LEVEL_WARNING, "lost a row of decisions.csv");
    ck_assert_uint_gt(dropped, 10);
    ck_assert_uint_lt(dropped, 100);
    release_worker();
    await_rows(300 - dropped);
    const char *text = rows();
    ck_assert_str_eq(text + strlen(text) - 2, "\"\n");
    add("room again");
    await_rows(300 - dropped + 1);
}
END_TEST

/* Each write to the open file fails from now on: there is no space on that device. The file itself is well. */
static void break_descriptor(void)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

    ck_assert_int_ge(full, 0);
    ck_assert_int_ge(dup2(full, segments.file), 0);
    close(full);
}

static bool has_complained(void *arg)
{
    (void)arg;
    return log_capture_count(LOG_LEVEL_ERROR, "decisions.csv can't be written: No space left") > 0;
}

static bool is_not_held(void *arg)
{
    (void)arg;
    return !decision_log.held;
}

START_TEST(failed_write_is_made_up_for)
{
    add("first");
    await_rows(1);
    break_descriptor();
    add("second");
    test_loop_until(has_complained, NULL);
    ck_assert(decision_log.held);
    add("third");
    await_rows(3);
    test_loop_until(is_not_held, NULL);
    const char *second = strstr(rows(), "second");
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_nonnull(strstr(second, "third"));
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_ERROR, "can't be written"), 1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "can be written again"), 1);
}
END_TEST

static bool is_idle(void *arg)
{
    (void)arg;
    return !write_job_running(&decision_log.job);
}

START_TEST(rotation_takes_the_limits_of_the_next_write)
{
    add("first");
    test_loop_until(is_idle, NULL);
    decision_log.rows.limits = (struct segments_limits){.rotate_bytes = 1, .rotate_ms = INT64_MAX};
    add("second");
    test_loop_until(is_idle, NULL);
    ck_assert_uint_eq(count_rows(rows()), 1);
    ck_assert_ptr_nonnull(strstr(rows(), "second"));
    ck_assert_ptr_nonnull(strstr(temp_dir_read(&dir, "decisions-00000001.csv", NULL), "first"));
}
END_TEST

/* ---- the end ---- */

START_TEST(rows_added_before_the_close_are_written)
{
    hold_up_worker();
    add("first");
    add("second"); /* waits for the write of the first */
    decision_log_close(&decision_log);
    release_worker();
    uv_run(&test_loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(count_rows(rows()), 2);
}
END_TEST

START_TEST(close_does_not_wait_for_a_disk_that_fails)
{
    break_descriptor();
    add("first");
    test_loop_until(has_complained, NULL);
    add("second");
    decision_log_close(&decision_log);
    decision_log_close(&decision_log);
    uint64_t start_ms = uv_now(&test_loop);
    uv_run(&test_loop, UV_RUN_DEFAULT);
    ck_assert_uint_lt(uv_now(&test_loop) - start_ms, 500);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decision_log");
    TCase *tests = tcase_create("decision_log");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, header_names_the_columns);
    tcase_add_test(tests, row_has_every_input_of_the_decision);
    tcase_add_test(tests, what_is_not_there_is_an_empty_field);
    tcase_add_test(tests, what_becomes_of_an_order_is_recorded);
    tcase_add_test(tests, sentence_is_quoted);
    tcase_add_test(tests, sentence_that_is_too_long_is_cut_and_still_closed);
    tcase_add_test(tests, longest_row_is_taken);
    tcase_add_test(tests, written_rows_pass_for_rows_when_the_file_is_opened_again);
    tcase_add_test(tests, rows_that_come_during_a_write_follow_in_order);
    tcase_add_test(tests, the_callback_comes_once_a_row_is_durable);
    tcase_add_test(tests, rows_beyond_the_buffer_are_dropped_whole_and_logged);
    tcase_add_test(tests, failed_write_is_made_up_for);
    tcase_add_test(tests, rotation_takes_the_limits_of_the_next_write);
    tcase_add_test(tests, rows_added_before_the_close_are_written);
    tcase_add_test(tests, nothing_is_written_while_the_lock_of_the_directory_has_lapsed);
    tcase_add_test(tests, close_does_not_wait_for_a_disk_that_fails);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
