/* Starting when each of the allocations fails in turn: the parts, and both programs whole. They report it, and leak
 * nothing. */
#include "agent/agent.h"
#include "agent/sampling/probe.h"
#include "agent/spool/spool_file.h"
#include "agent/uplink/uplink.h"
#include "collector/autoscale/autoscale.h"
#include "collector/autoscale/decision_log.h"
#include "collector/collector.h"
#include "collector/config/config_load.h"
#include "collector/store/csv.h"
#include "collector/store/recovery.h"
#include "collector/store/store.h"
#include "common/log.h"

#include "collector/store/metrics_file.h"
#include "common/disk_posix.h"
#include "support/heap.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS 10U

static struct temp_dir dir;

static void make_dir(void)
{
    temp_dir_create(&dir);
}

static void remove_dir(void)
{
    temp_dir_remove(&dir);
}

/* ---- parts on the loop ---- */

static void make_loop(void)
{
    make_dir();
    test_loop_start();
}

static void end_loop(void)
{
    test_loop_end();
    remove_dir();
}

static void try_store(unsigned nth)
{
    struct backlog backlog = {0};
    struct segments segments = {0};
    struct segments gaps = {0};
    struct registry registry = {0};
    struct store_options options = {
        .parts = {.metrics = &segments, .gaps = &gaps, .backlog = &backlog, .registry = &registry}, .flush_ms = 10};
    struct store store = {0};

    heap_fail(nth);
    int rc = store_start(&store, &test_loop, &options);
    ck_assert_int_eq(rc, heap_mend() ? -ENOMEM : 0);
    store_close(&store); /* also of one that was not started, which must leave nothing to free */
    uv_run(&test_loop, UV_RUN_NOWAIT);
    if (rc == 0)
        store_deinit(&store);
}

static void try_decision_log(unsigned nth)
{
    struct segments segments = {0};
    struct decision_log decisions = {0};

    heap_fail(nth);
    int rc = decision_log_start(&decisions, &test_loop, &segments, NULL);
    ck_assert_int_eq(rc, heap_mend() ? -ENOMEM : 0);
    decision_log_close(&decisions);
    uv_run(&test_loop, UV_RUN_NOWAIT);
    if (rc == 0)
        decision_log_deinit(&decisions);
}

static void open_decisions(struct segments *segments, const struct disk *disk)
{
    char decisions_header[DECISION_ROW_MAX];
    const struct segments_options options = {.name = "decisions",
                                             .header = decisions_header,
                                             .row_ok = decision_rows_ok,
                                             .row_ms = segment_time_of_first_field,
                                             .limits = {.rotate_bytes = 1 << 20, .rotate_ms = 86400000}};
    uint64_t cut = 0;

    decision_fields_put_header(decisions_header);
    ck_assert_int_eq(segments_open(segments, disk, &options, &cut), 0);
}

static void try_autoscale(unsigned nth)
{
    const struct collector_config config = {.settings = {.tick_ms = 1000}};
    struct registry registry = {0};
    const struct disk disk = disk_posix(dir.fd);
    struct segments segments = {0};
    struct decision_log decisions = {.rows = {.segments = &segments}};
    struct autoscale autoscale = {0};
    const struct autoscale_options options = {
        .registry = &registry, .config = &config, .decisions = &decisions, .disk = &disk};

    open_decisions(&segments, &disk);
    heap_fail(nth);
    int rc = autoscale_start(&autoscale, &test_loop, &options);
    ck_assert_int_eq(rc, heap_mend() ? -ENOMEM : 0);
    autoscale_close(&autoscale);
    uv_run(&test_loop, UV_RUN_NOWAIT);
    autoscale_deinit(&autoscale); /* also of one that was not started */
    segments_close(&segments);
}

static void on_uplink(enum uplink_event event, void *arg)
{
    (void)event;
    (void)arg;
}

static void try_uplink(unsigned nth)
{
    const struct address address = {.host = "127.0.0.1", .port = 1};
    struct sender sender = {0};
    struct uplink uplink = {0};

    heap_fail(nth);
    struct uplink_options options = {.sender = &sender, .collectors = &address, .count = 1, .seed = 7};
    int rc = uplink_start(&uplink, &test_loop, &options, on_uplink, NULL);
    ck_assert_int_eq(rc, heap_mend() ? -ENOMEM : 0);
    uplink_close(&uplink);
    uv_run(&test_loop, UV_RUN_DEFAULT);
    if (rc == 0)
        uplink_deinit(&uplink);
}

START_TEST(parts_start_or_refuse)
{
    heap_each(try_store);
    ck_assert_uint_eq(heap_each(try_decision_log), 2);
    ck_assert_uint_eq(heap_each(try_autoscale), 14);
    heap_each(try_uplink);
}
END_TEST

static void try_probe(unsigned nth)
{
    static const struct agent_config config = {.interval_ms = 1000, .root = TEST_DATA "/proc-vm"};
    struct probe *probe = NULL;

    heap_fail(nth);
    int rc = probe_new(&config, &probe);
    bool failed = heap_mend();
    ck_assert_int_eq(rc, failed ? -ENOMEM : 0);
    ck_assert((probe == NULL) == failed);
    probe_free(probe);
}

START_TEST(probe_is_made_or_refused)
{
    heap_each(try_probe);
}
END_TEST

/* ---- the store's files ---- */

static char header[CSV_LINE_MAX];

/* Segments as of a collector that has rotated often, each with a row; the live one may end in damage. */
static void write_segments(bool damaged)
{
    char row[CSV_LINE_MAX];
    char name[32];
    struct sample sample = {.seq = 1, .time_ms = 1700000000000};

    header[csv_put_header(header)] = '\0';
    for (unsigned i = 1; i <= ROWS; i++) {
        sample.seq = i;
        size_t len = csv_put_row("n1", "web", 7, &sample, row);
        snprintf(name, sizeof name, i < ROWS ? "metrics-%08u.csv" : "metrics.csv", i);
        temp_dir_write(&dir, name, header, strlen(header));
        temp_dir_append(&dir, name, row, len);
    }
    if (damaged)
        temp_dir_append(&dir, "metrics.csv", "n1,", 3);
}

static int open_segments(struct segments *segments, const struct disk *disk, uint64_t *cut)
{
    const struct segments_limits limits = {.rotate_bytes = 1 << 20, .rotate_ms = 86400000};

    return metrics_file_open(segments, disk, &limits, 0, cut);
}

static void try_segments(unsigned nth)
{
    const struct disk disk = disk_posix(dir.fd);
    struct segments segments = {0};
    uint64_t cut = 0;

    write_segments(true);
    heap_fail(nth);
    int rc = open_segments(&segments, &disk, &cut);
    bool failed = heap_mend();
    ck_assert_int_eq(rc, failed ? -ENOMEM : 0);
    ck_assert_uint_eq(cut, failed ? 0 : 3);
    segments_close(&segments);
    ck_assert_uint_eq(temp_dir_count(&dir, "metrics"),
                      ROWS + (failed ? 0 : 2)); /* and metrics.synced, and what was cut */
}

START_TEST(segments_open_or_stay_as_they_are)
{
    heap_each(try_segments);
}
END_TEST

static void try_recovery(unsigned nth)
{
    const struct disk disk = disk_posix(dir.fd);
    struct segments segments = {0};
    struct registry registry = {0};
    const struct recovery_options options = {.now_ms = 1000000, .wall_ms = 1700000000000, .gone_ms = 60000};
    const struct index_file index = {.rc = -ENOENT};
    struct recovery_report report = {0};
    uint64_t cut = 0;

    write_segments(false);
    ck_assert_int_eq(open_segments(&segments, &disk, &cut), 0);
    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    heap_fail(nth);
    int rc = recovery_run(&segments, &index, &registry, &options, &report);
    bool failed = heap_mend();
    ck_assert_int_eq(rc, failed ? -ENOMEM : 0);
    if (!failed)
        ck_assert_uint_eq(report.rows, ROWS);
    registry_deinit(&registry);
    segments_close(&segments);
}

START_TEST(recovery_is_whole_or_refused)
{
    heap_each(try_recovery);
}
END_TEST

/* ---- the agent's spool ---- */

static void open_spool(struct spool_file *file, unsigned capacity)
{
    static uint64_t instance;

    ck_assert_int_eq(spool_file_open(file, dir.path, "n1", capacity, 1, ++instance), 0);
}

/* Laid out again in another size, or left as it is. */
static void try_spool(unsigned nth)
{
    const struct sample sample = {.time_ms = 1};
    struct spool_file file;

    open_spool(&file, 100);
    while (spool_waiting(&file.spool) < ROWS)
        (void)spool_push(&file.spool, &sample);
    spool_file_deinit(&file);
    heap_fail(nth);
    open_spool(&file, 50);
    ck_assert(spool_file_lasting(&file) == !heap_mend());
    spool_file_deinit(&file);
    open_spool(&file, 100);
    ck_assert_uint_eq(spool_waiting(&file.spool), ROWS);
    spool_file_deinit(&file);
}

START_TEST(spool_is_intact_whatever_fails)
{
    ck_assert_uint_eq(heap_each(try_spool), 2);
}
END_TEST

/* ---- the programs ---- */

static unsigned errors;
static char error_text[512];
static char data_flag[128];

/* As soon as the program reports that it runs, it gets a signal to stop. */
static void on_log(enum log_level level, const char *message, const struct log_field *fields, size_t count)
{
    (void)fields;
    (void)count;
    if (level == LOG_LEVEL_ERROR) {
        errors++;
        snprintf(error_text, sizeof error_text, "%s", message);
    }
    if (strncmp(message, "headroom-", 9) == 0)
        kill(getpid(), SIGTERM); /* the thread of the loop blocks it */
}

static void make_program(void)
{
    make_dir();
    snprintf(data_flag, sizeof data_flag, "--data=%s", dir.path);
    unsetenv("NOTIFY_SOCKET");
    log_set_sink(on_log);
}

/* A failure is logged once, whether the program can do without it or not; otherwise nothing is. */
static void check_end(int rc, bool failed)
{
    ck_assert_msg(rc == 0 || (rc < 0 && failed), "%d: %s", rc, error_text);
    ck_assert_msg(errors == (failed ? 1 : 0), "%u errors: %s", errors, error_text);
}

static int run_agent(void)
{
    const struct agent_config config = {.collectors = {.addresses = {{.host = "127.0.0.1", .port = 1}}, .count = 1},
                                        .node_id = "n1",
                                        .group = "web",
                                        .interval_ms = 1000,
                                        .outbox_samples = 100,
                                        .root = TEST_DATA "/proc-vm"};

    return agent_run(&config);
}

static void try_agent(unsigned nth)
{
    errors = 0;
    heap_fail(nth);
    int rc = run_agent();
    check_end(rc, heap_mend());
}

START_TEST(agent_starts_or_reports_why_not)
{
    ck_assert_uint_ge(heap_each(try_agent), 8);
}
END_TEST

static int run_collector(struct spawn_process *spawn)
{
    char *arguments[] = {(char *)"headroom-collector",
                         (char *)"--listen=127.0.0.1:0",
                         (char *)"--http=127.0.0.1:0",
                         (char *)"--max-agents=100",
                         data_flag,
                         NULL};
    struct collector_config config;

    if (collector_config_load(&config, 4, arguments, error_text, sizeof error_text) < 0) {
        errors++; /* as its main() would log */
        return -1;
    }
    return collector_run(&config, 4, arguments, spawn);
}

static void try_collector(unsigned nth)
{
    struct spawn_process spawn = {0};

    errors = 0;
    ck_assert_int_eq(spawn_process_start(&spawn, NULL, environ), 0);
    heap_fail(nth);
    int rc = run_collector(&spawn);
    check_end(rc, heap_mend());
    spawn_process_end(&spawn);
}

START_TEST(collector_starts_or_reports_why_not)
{
    write_segments(true);
    ck_assert_uint_ge(heap_each(try_collector), 15);
}
END_TEST

static void *refuse_calloc(size_t count, size_t size)
{
    (void)count;
    (void)size;
    return NULL;
}

/* Later on libuv itself ends the program when it gets no memory. */
START_TEST(programs_without_a_loop_report_it)
{
    struct spawn_process spawn = {0};

    ck_assert_int_eq(spawn_process_start(&spawn, NULL, environ), 0);
    ck_assert_int_eq(uv_replace_allocator(malloc, realloc, refuse_calloc, free), 0);
    check_end(run_agent(), true);
    ck_assert_msg(strstr(error_text, "can't create an event loop") == error_text, "%s", error_text);
    errors = 0;
    check_end(run_collector(&spawn), true);
    ck_assert_msg(strstr(error_text, "can't create an event loop") == error_text, "%s", error_text);
    spawn_process_end(&spawn);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("heap_start");
    TCase *parts = tcase_create("parts");
    TCase *files = tcase_create("files");
    TCase *programs = tcase_create("programs");

    tcase_add_checked_fixture(parts, make_loop, end_loop);
    tcase_add_test(parts, parts_start_or_refuse);
    tcase_add_test(parts, probe_is_made_or_refused);
    suite_add_tcase(suite, parts);

    tcase_add_checked_fixture(files, make_dir, remove_dir);
    tcase_add_test(files, segments_open_or_stay_as_they_are);
    tcase_add_test(files, recovery_is_whole_or_refused);
    tcase_add_test(files, spool_is_intact_whatever_fails);
    suite_add_tcase(suite, files);

    tcase_set_timeout(programs, 60);
    tcase_add_checked_fixture(programs, make_program, remove_dir);
    tcase_add_test(programs, agent_starts_or_reports_why_not);
    tcase_add_test(programs, collector_starts_or_reports_why_not);
    tcase_add_test(programs, programs_without_a_loop_report_it);
    suite_add_tcase(suite, programs);
    return suite_run(suite);
}
