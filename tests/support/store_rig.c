#include "support/store_rig.h"

#include "collector/store/csv.h"
#include "collector/store/metrics_file.h"
#include "common/disk_posix.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/test_loop.h"

#include <stdio.h>
#include <string.h>

struct store_rig rig;

/* Goes on counting an instance's rows: seq 1, 2, 3, ... each once and in order. */
static void count_rows(const char *text, unsigned i, uint64_t *count)
{
    const char *line = strchr(text, '\n') + 1;

    for (const char *end = strchr(line, '\n'); end != NULL; line = end + 1, end = strchr(line, '\n')) {
        struct csv_row row;
        ck_assert_int_eq(csv_parse_row(line, (size_t)(end - line), &row), 0);
        if (row.instance != rig.instances[i]->id)
            continue;
        ck_assert_uint_eq(row.sample.seq, ++*count);
        ck_assert_str_eq(row.node_id, rig.instances[i]->node->id);
        ck_assert_str_eq(row.group, "web");
    }
    ck_assert_msg(*line == '\0', "the last row is torn");
}

/* How many rows of an instance the files hold. */
uint64_t rig_rows(unsigned i)
{
    uint64_t count = 0;

    for (unsigned number = 1; number < 20; number++) {
        char name[32];
        snprintf(name, sizeof name, "metrics-%08u.csv", number);
        const char *text = temp_dir_read(&rig.dir, name, NULL);
        if (text != NULL)
            count_rows(text, i, &count);
    }
    count_rows(temp_dir_read(&rig.dir, RIG_LIVE, NULL), i, &count);
    return count;
}

static void on_stored(const struct backlog_instances *stored, void *arg)
{
    ck_assert_ptr_eq(arg, &rig.stored_calls);
    ck_assert_uint_gt(stored->count, 0);
    for (uint32_t i = 0; i < stored->count && !rig.meddled; i++)
        ck_assert_uint_ge(rig_rows(stored->at[i] == rig.instances[1]), stored->at[i]->stored_seq);
    rig.stored_calls++;
}

static void on_held(bool now_held, void *arg)
{
    ck_assert_ptr_eq(arg, &rig.stored_calls);
    ck_assert(rig.held != now_held);
    rig.held = now_held;
    rig.held_calls++;
}

void rig_on_empty(void *arg)
{
    ck_assert_ptr_eq(arg, &rig.stored_calls);
    ck_assert_uint_eq(backlog_waiting(&rig.backlog), 0);
    ck_assert(!rig.backlog.writing);
    rig.empty_calls++;
}

void rig_open_segments(void)
{
    struct segments_limits limits = {.rotate_bytes = 1 << 30, .rotate_ms = 86400000};
    uint64_t cut = 0;

    rig.disk = disk_posix(rig.dir.fd);
    ck_assert_int_eq(metrics_file_open(&rig.segments, &rig.disk, &limits, 0, &cut), 0);
}

void rig_begin(void)
{
    /* One worker, so that a test can hold it up. */
    setenv("UV_THREADPOOL_SIZE", "1", 1);
    log_capture_start();
    temp_dir_create(&rig.dir);
    rig_open_segments();
    test_loop_start();
    ck_assert_int_eq(registry_init(&rig.registry, 60000), 0);
    ck_assert_int_eq(backlog_init(&rig.backlog, RIG_CAPACITY), 0);
    rig.group = registry_ensure_group(&rig.registry, "web");
    for (unsigned i = 0; i < 2; i++) {
        struct node *node = registry_ensure_node(&rig.registry, i == 0 ? "first" : "second", 1000, 0);
        node->group = rig.group;
        rig.instances[i] = registry_ensure_instance(node, 100 + i);
        rig.next_seq[i] = 1;
    }
}

void rig_start(uint64_t flush_ms)
{
    struct store_options options = {
        .parts = {&rig.disk, &rig.segments, &rig.gaps, &rig.backlog, &rig.registry, NULL},
        .flush_ms = flush_ms,
        .sync_ms = SYNC_ALWAYS,
        .stored_cb = on_stored,
        .held_cb = on_held,
        .arg = &rig.stored_calls,
    };

    ck_assert_int_eq(store_start(&rig.store, &test_loop, &options), 0);
}

void rig_end(void)
{
    store_close(&rig.store);
    test_loop_end();
    store_deinit(&rig.store);
    backlog_deinit(&rig.backlog);
    registry_deinit(&rig.registry);
    segments_close(&rig.segments);
    temp_dir_remove(&rig.dir);
}

void rig_add(unsigned i, unsigned count)
{
    while (count-- > 0) {
        struct sample sample = {.seq = rig.next_seq[i]++, .time_ms = 1700000000000, .uptime_ms = 1000};
        sample_set_gauge(&sample, METRIC_CPU, 12.34);
        sample_set_counter(&sample, METRIC_DISK_READ, sample.seq);
        ck_assert(backlog_add(&rig.backlog, rig.instances[i], rig.group, &sample));
    }
}

void rig_assert_all_stored(void)
{
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(rig.instances[i]->stored_seq, rig.next_seq[i] - 1);
        ck_assert_uint_eq(rig.instances[i]->pending, 0);
        ck_assert_uint_eq(rig_rows(i), rig.next_seq[i] - 1);
    }
}

/* ---- a worker that is busy ---- */

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

void rig_hold_up_worker(void)
{
    ck_assert_int_eq(uv_sem_init(&may_go_on, 0), 0);
    ck_assert_int_eq(uv_queue_work(&test_loop, &busy, on_busy, after_busy), 0);
}

void rig_release_worker(void)
{
    uv_sem_post(&may_go_on);
}

void rig_store_rows(unsigned i, unsigned count)
{
    unsigned before = rig.stored_calls;

    rig_add(i, count);
    store_poke(&rig.store, true);
    test_loop_until_count(&rig.stored_calls, before + 1);
}

bool rig_is_held(void *arg)
{
    (void)arg;
    return rig.held;
}
