/* The scaler on its timer, over a registry filled by hand. */
#include "collector/autoscale/autoscale.h"

#include "collector/autoscale/record_json.h"
#include "common/disk_posix.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 100 /* the shortest that is allowed */

static struct temp_dir dir;
static char header[DECISION_ROW_MAX];
static struct disk disk;
static struct segments segments;
static struct decision_log decisions;
static struct registry registry;
static struct collector_config config;
static struct group_config web_config;
static struct decision_history history;
static struct autoscale autoscale;

static void begin(void)
{
    struct segments_options files = {.name = "decisions",
                                     .header = header,
                                     .row_ok = decision_rows_ok,
                                     .row_ms = segment_time_of_first_field,
                                     .limits = {.rotate_bytes = 1 << 30, .rotate_ms = INT64_MAX}};
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    uint64_t cut = 0;

    decision_fields_put_header(header);
    log_capture_start();
    temp_dir_create(&dir);
    test_loop_start();
    disk = disk_posix(dir.fd);
    ck_assert_int_eq(segments_open(&segments, &disk, &files, &cut), 0);
    ck_assert_int_eq(decision_log_start(&decisions, &test_loop, &segments, NULL), 0);
    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    ck_assert_int_eq(decision_history_init(&history, 1), 0);
    config = (struct collector_config){.settings = settings, .gone_ms = 60000, .scale_groups = SCALE_GROUPS_ANY};
    config.settings.tick_ms = TICK_MS;
}

static void end(void)
{
    autoscale_close(&autoscale);
    decision_log_close(&decisions);
    test_loop_end();
    autoscale_deinit(&autoscale);
    decision_log_deinit(&decisions);
    decision_history_deinit(&history);
    registry_deinit(&registry);
    segments_close(&segments);
    temp_dir_remove(&dir);
}

static void start(void)
{
    const struct autoscale_options options = {
        .registry = &registry, .config = &config, .decisions = &decisions, .history = &history, .disk = &disk};

    ck_assert_int_eq(autoscale_start(&autoscale, &test_loop, &options), 0);
}

/* A live node whose newest sample, taken now, has that cpu. Roll call of its group is over. */
static struct node *put_node(const char *id, const char *group, double cpu_percent)
{
    int64_t now_ms = (int64_t)uv_now(&test_loop);
    struct node *node = registry_ensure_node(&registry, id, 1000, now_ms);
    struct sample sample = {.seq = 1, .uptime_ms = (uint64_t)now_ms};

    ck_assert_ptr_nonnull(node);
    node->group = registry_ensure_group(&registry, group);
    node->group->roll_call.begun = true;
    node->known_ms = now_ms - 60000;
    node->cpu_milli = 4000;
    node->seen_ms = now_ms;
    node->reported = true;
    sample_set_gauge(&sample, METRIC_CPU, cpu_percent);
    ring_push(&node->ring, now_ms, &sample);
    return node;
}

static bool is_logged(void *arg)
{
    return log_capture_find(arg) != NULL;
}

static void await(const char *text)
{
    test_loop_until(is_logged, (void *)text);
}

static void assert_field(const char *name, const char *value)
{
    const char *field = log_capture_field(name);

    ck_assert_msg(field != NULL, "no field %s", name);
    ck_assert_str_eq(field, value);
}

START_TEST(busy_group_is_scaled_up_and_the_record_gives_the_reason)
{
    put_node("n1", "web", 90.0);
    put_node("n2", "web", 95.0);
    start();
    await("web: scale up 2 -> 4 (cpu ");
    assert_field("MESSAGE_ID", "1c1fa655bfd04bdc86f978c0557f9ae9");
    assert_field("HEADROOM_GROUP", "web");
    assert_field("HEADROOM_ACTION", "up");
    assert_field("HEADROOM_CURRENT", "2");
    assert_field("HEADROOM_DESIRED", "4");
    assert_field("HEADROOM_RAW", "4");
    assert_field("HEADROOM_RULE", "forecast");
    assert_field("HEADROOM_GUARD", "none");
    assert_field("HEADROOM_MODE", "observe");
    assert_field("HEADROOM_LIVE", "2");
    assert_field("HEADROOM_MISSING", "0");
    assert_field("HEADROOM_PENDING", "0");
    assert_field("HEADROOM_LEAD_TIME_S", "120.000");
    assert_field("HEADROOM_CPU_PERCENT", "92.50");
    assert_field("HEADROOM_CPU_FORECAST_PERCENT", "130.97");
    assert_field("HEADROOM_FORECASTER", "last");
    assert_field("HEADROOM_REASON", log_capture_find("web: scale up"));
}
END_TEST

static bool is_row_written(void *arg)
{
    const char *text = temp_dir_read(&dir, "decisions.csv", NULL);

    return text != NULL && strstr(text, arg) != NULL;
}

START_TEST(decision_is_a_row_of_the_file)
{
    char row[] = ",web,up,2,4,4,2,2,4,0,";

    put_node("n1", "web", 90.0);
    put_node("n2", "web", 95.0);
    start();
    test_loop_until(is_row_written, row);
}
END_TEST

START_TEST(decision_that_stands_is_logged_once)
{
    put_node("n1", "web", 40.0);
    start();
    await("web: hold 1");
    test_loop_for_ms(4 * TICK_MS);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "web: "), 1);
}
END_TEST

START_TEST(decision_that_changes_is_logged_at_the_next_tick)
{
    struct node *node = put_node("n1", "web", 40.0);

    start();
    await("web: hold 1");
    ring_deinit(&node->ring);
    ck_assert_int_eq(registry_ready_ring(&registry, node), 0);
    put_node("n1", "web", 99.0);
    uint64_t start_ms = uv_now(&test_loop);
    await("web: scale up 1 -> 2");
    ck_assert_uint_le(uv_now(&test_loop) - start_ms, TICK_MS + 50);
}
END_TEST

START_TEST(each_group_decides_by_its_own_settings)
{
    web_config.settings = config.settings;
    strcpy(web_config.name, "web");
    web_config.settings.nodes_max = 1;
    config.groups = &web_config;
    config.group_count = 1;
    put_node("n1", "web", 95.0);
    put_node("n2", "db", 95.0);
    start();
    await("web: hold 1 (cpu 95% now");
    await("db: scale up 1 -> 2");
    ck_assert_ptr_nonnull(strstr(log_capture_find("web: "), "the maximum"));
}
END_TEST

START_TEST(new_settings_count_from_the_next_tick)
{
    struct collector_config other;

    put_node("n1", "web", 40.0);
    start();
    await("web: hold 1");
    other = config;
    other.settings.nodes_min = 5;
    autoscale_reconfigure(&autoscale, &other);
    await("web: scale up 1 -> 5");
}
END_TEST

START_TEST(silent_group_is_restored_to_its_minimum)
{
    struct node *node = put_node("n1", "web", 95.0);

    node->seen_ms -= 10000;
    start();
    await("web: scale up to at least 1, 0 of them carry load (1 of 1 nodes do not report: no decision without data");
    assert_field("HEADROOM_ACTION", "up");
    assert_field("HEADROOM_GUARD", "minimum");
}
END_TEST

START_TEST(node_that_falls_silent_is_logged_at_the_next_tick)
{
    put_node("n1", "web", 40.0);
    struct node *node = put_node("n2", "web", 40.0);

    start();
    await("web: hold 2 (cpu 40% now");
    node->seen_ms -= 10000;
    uint64_t start_ms = uv_now(&test_loop);
    await("1 missing");
    ck_assert_uint_le(uv_now(&test_loop) - start_ms, TICK_MS + 50);
}
END_TEST

START_TEST(group_without_nodes_is_not_logged)
{
    struct node *node = put_node("n1", "web", 95.0);

    node->farewell = FAREWELL_GONE;
    registry_ensure_group(&registry, "empty");
    start();
    test_loop_for_ms(3 * TICK_MS);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, ""), 0);
}
END_TEST

START_TEST(close_before_the_first_tick_is_the_end)
{
    put_node("n1", "web", 95.0);
    start();
    autoscale_close(&autoscale);
    ck_assert_int_eq(uv_run(&test_loop, UV_RUN_DEFAULT), 0);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, ""), 0);
}
END_TEST

/* ---- in slices ---- */

#define FOR_EVER_NS UINT64_C(3600000000000)
#define FLEET       600U
#define LONG_MS     15000
#define TICKS       40

/* A second autoscale over another registry with the same nodes: it makes one step per turn of the loop, while the first
 * one makes its ticks at once. The test makes their ticks, at times that it chooses. */
struct second {
    struct temp_dir dir;
    struct disk disk;
    struct segments segments;
    struct decision_log decisions;
    struct registry registry;
    struct decision_history history;
    struct autoscale autoscale;
};

static struct second second;

static void second_start(void)
{
    struct segments_options files = {.name = "decisions",
                                     .header = header,
                                     .row_ok = decision_rows_ok,
                                     .row_ms = segment_time_of_first_field,
                                     .limits = {.rotate_bytes = 1 << 30, .rotate_ms = INT64_MAX}};
    uint64_t cut = 0;

    temp_dir_create(&second.dir);
    second.disk = disk_posix(second.dir.fd);
    ck_assert_int_eq(segments_open(&second.segments, &second.disk, &files, &cut), 0);
    ck_assert_int_eq(decision_log_start(&second.decisions, &test_loop, &second.segments, NULL), 0);
    ck_assert_int_eq(registry_init(&second.registry, 60000), 0);
    ck_assert_int_eq(decision_history_init(&second.history, 1), 0);
    const struct autoscale_options options = {.registry = &second.registry,
                                              .config = &config,
                                              .decisions = &second.decisions,
                                              .history = &second.history,
                                              .disk = &second.disk};
    ck_assert_int_eq(autoscale_start(&second.autoscale, &test_loop, &options), 0);
    second.autoscale.slices.slice_ns = 0;
}

static void second_end(void)
{
    autoscale_close(&second.autoscale);
    decision_log_close(&second.decisions);
    test_loop_for_ms(5);
    autoscale_deinit(&second.autoscale);
    decision_log_deinit(&second.decisions);
    decision_history_deinit(&second.history);
    registry_deinit(&second.registry);
    segments_close(&second.segments);
    temp_dir_remove(&second.dir);
}

static void report(struct registry *into, unsigned i, int64_t time_ms, double cpu_percent)
{
    static const char *const groups[] = {"web", "db", "etl"};
    struct sample sample = {.seq = 1, .uptime_ms = (uint64_t)time_ms};
    char id[32];

    snprintf(id, sizeof id, "node-%u", i);
    struct node *node = registry_ensure_node(into, id, 1000, time_ms);
    ck_assert_ptr_nonnull(node);
    registry_assign(into, node, registry_ensure_group(into, groups[i % 3]));
    node->cpu_milli = 1000 * (i % 4);
    node->seen_ms = time_ms;
    node->reported = true;
    sample_set_gauge(&sample, METRIC_CPU, cpu_percent);
    sample_set_gauge(&sample, METRIC_MEMORY, 0.5 * cpu_percent);
    ck_assert(ring_push(&node->ring, time_ms, &sample));
}

static void report_to_both(unsigned i, int64_t time_ms, double cpu_percent)
{
    report(&registry, i, time_ms, cpu_percent);
    report(&second.registry, i, time_ms, cpu_percent);
}

/* All inputs of the decision and its outcome; how old the newest sample is may differ, see observe.h, and so may the
 * epoch of an order, which is the wall clock at the start. */
static char *text_of(const struct decision *decision)
{
    struct decision copy = *decision;
    struct decision_record record = {.group = "", .decision = &copy, .why = ""};
    char *text = NULL;
    size_t len = 0;

    copy.observed.age_ms = 0;
    copy.order_epoch = 1;
    ck_assert_int_eq(record_json_text(&record, &text, &len), 0);
    text = realloc(text, len + 1);
    text[len] = '\0';
    return text;
}

static void assert_same_decisions(int64_t now_ms)
{
    ck_assert_uint_eq(registry.group_count, 3);
    for (unsigned g = 0; g < 3; g++) {
        ck_assert_int_eq(autoscale.scaling.groups[g].last.now_ms, now_ms);
        char *whole = text_of(&autoscale.scaling.groups[g].last);
        char *sliced = text_of(&second.autoscale.scaling.groups[g].last);
        ck_assert_str_eq(whole, sliced);
        free(whole);
        free(sliced);
    }
}

/* Makes both ticks; while the sliced one is under way, samples arrive. Returns after at most turns_max turns of it. */
static unsigned tick_both(int64_t now_ms, unsigned turns_max)
{
    unsigned turns = 0;

    autoscale.ticker.cb((uint64_t)now_ms, autoscale.ticker.arg);
    second.autoscale.ticker.cb((uint64_t)now_ms, second.autoscale.ticker.arg);
    for (; turns < turns_max && slices_running(&second.autoscale.slices); turns++) {
        report_to_both(300, now_ms + 1 + turns, 99); /* seen in the second step, and in the third one */
        report_to_both(550, now_ms + 1 + turns, 99);
        uv_run(&test_loop, UV_RUN_NOWAIT);
        if (slices_running(&second.autoscale.slices)) /* one that is due meanwhile is left out */
            second.autoscale.ticker.cb((uint64_t)now_ms + 1, second.autoscale.ticker.arg);
    }
    return turns;
}

/* Both begin to number their orders by the wall clock, and a second may end in between. */
static void hide_epochs(char *groups)
{
    static const char orders[] = "\norders ";

    for (char *at = strstr(groups, orders); at != NULL; at = strstr(at, orders))
        for (at += sizeof orders - 1; *at >= '0' && *at <= '9'; at++)
            *at = '0';
}

/* What is saved of the groups; the moment of saving and the sum before and after it differ. */
static char *saved_groups(const struct temp_dir *from)
{
    const char *text = temp_dir_read(from, "scaler.state", NULL);

    ck_assert_ptr_nonnull(text);
    const char *groups = strstr(text, "\ngroup ");
    const char *end = strstr(text, "\nend 3 ");
    ck_assert(groups != NULL && end > groups);
    char *saved = strndup(groups, (size_t)(end - groups));
    hide_epochs(saved);
    return saved;
}

static void on_one_drained(void *arg)
{
    ++*(unsigned *)arg;
}

START_TEST(ticks_in_slices_decide_and_save_as_whole_ones)
{
    int64_t now_ms = 60000000;
    unsigned drained = 0;

    config.settings.tick_ms = 3600000; /* of the timer: never */
    start();
    autoscale.slices.slice_ns = FOR_EVER_NS;
    second_start();
    config.settings.tick_ms = LONG_MS;
    for (unsigned tick = 0; tick < TICKS; tick++, now_ms += LONG_MS) {
        for (unsigned i = 0; i < FLEET - tick; i++) /* some fall silent */
            report_to_both(i, now_ms - (int64_t)(i % 1000), (7 * i + 2 * tick) % 100);
        bool last = tick + 1 == TICKS;
        unsigned turns = tick_both(now_ms, last ? 2 : 1000);
        ck_assert(slices_running(&second.autoscale.slices) == last);
        ck_assert_uint_ge(turns, last ? 2 : 4); /* nodes in three steps, and then groups */
        if (!last)
            assert_same_decisions(now_ms);
    }
    /* The stop comes in the middle of a tick, which is ended. */
    autoscale_drain(&autoscale, on_one_drained, &drained);
    autoscale_drain(&second.autoscale, on_one_drained, &drained);
    assert_same_decisions(now_ms - LONG_MS);
    test_loop_until_count(&drained, 2);
    char *whole = saved_groups(&dir);
    char *sliced = saved_groups(&second.dir);
    ck_assert_str_eq(whole, sliced);
    free(whole);
    free(sliced);
    second_end();
}
END_TEST

START_TEST(close_in_the_middle_of_a_tick_is_the_end)
{
    for (unsigned i = 0; i < FLEET; i++)
        report(&registry, i, 60000000, 95.0);
    config.settings.tick_ms = 3600000;
    start();
    autoscale.slices.slice_ns = 0;
    autoscale.ticker.cb(60000000, autoscale.ticker.arg);
    ck_assert(slices_running(&autoscale.slices));
    autoscale_close(&autoscale);
    ck_assert_int_eq(uv_run(&test_loop, UV_RUN_DEFAULT), 0);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, ""), 0);
}
END_TEST

/* ---- over a restart ---- */

static bool autoscale_is_drained;

static void on_drained(void *arg)
{
    ck_assert_ptr_eq(arg, &autoscale);
    autoscale_is_drained = true;
}

static bool is_drained(void *arg)
{
    (void)arg;
    return autoscale_is_drained;
}

/* As at SIGTERM. */
static void stop(void)
{
    autoscale_is_drained = false;
    autoscale_drain(&autoscale, on_drained, &autoscale);
    test_loop_until(is_drained, NULL);
    autoscale_close(&autoscale);
    test_loop_for_ms(5);
    autoscale_deinit(&autoscale);
}

/* Known from the stored samples, not heard of since. */
static void forget_the_nodes_samples(void)
{
    for (unsigned i = 0; i < registry.node_count; i++) {
        registry.nodes[i]->reported = false;
        registry.nodes[i]->recovered = true;
        registry.nodes[i]->known_ms = (int64_t)uv_now(&test_loop);
    }
}

START_TEST(count_is_held_over_a_restart)
{
    put_node("n1", "web", 95.0);
    put_node("n2", "web", 95.0);
    start();
    await("web: scale up 2 -> 4");
    stop();
    forget_the_nodes_samples();
    start();
    await("read back the scaler's state of 1 groups, saved ");
    await("web: hold 4 (2 of 2 nodes do not report: no decision without data; 2 not reported since the start");
}
END_TEST

START_TEST(demand_from_before_a_restart_is_shown)
{
    put_node("n1", "web", 95.0);
    put_node("n2", "web", 95.0);
    start();
    await("web: scale up 2 -> 4");
    stop();
    decision_history_deinit(&history);
    ck_assert_int_eq(decision_history_init(&history, 1), 0);
    start();
    const struct decision_history_group *shown = &history.groups[0];
    ck_assert_uint_gt(shown->count, 0);
    struct decision_history_load first = decision_history_load(shown, RESOURCE_CPU, 0);
    ck_assert_double_eq_tol((double)first.demand, 7.6, 0.01); /* of 8 cores */
    ck_assert(isnan(first.capacity));
    ck_assert_int_le(decision_history_tick(shown, 0)->now_ms, (int64_t)uv_now(&test_loop));
}
END_TEST

START_TEST(state_is_saved_at_ticks)
{
    put_node("n1", "web", 40.0);
    start();
    await("web: hold 1");
    for (unsigned i = 0; i < 100 && temp_dir_read(&dir, "scaler.state", NULL) == NULL; i++)
        test_loop_for_ms(10);
    const char *text = temp_dir_read(&dir, "scaler.state", NULL);
    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_nonnull(strstr(text, "\ngroup web\nsaid "));
    ck_assert_ptr_nonnull(strstr(text, "\ndesired 1 decided\n"));
}
END_TEST

START_TEST(what_stands_is_not_logged_again_after_a_restart)
{
    put_node("n1", "web", 40.0);
    start();
    await("web: hold 1");
    stop();
    unsigned before = log_capture_count(LOG_LEVEL_INFO, "web: ");
    put_node("n1", "web", 40.0);
    start();
    test_loop_for_ms(4 * TICK_MS);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "web: "), before);
    ck_assert_ptr_nonnull(autoscale.scaling.groups[0].scaler);
}
END_TEST

START_TEST(first_start_is_quiet)
{
    put_node("n1", "web", 40.0);
    start();
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, ""), 0);
}
END_TEST

/* Starts on a file that is refused, and continues without it. */
static void start_on(const char *text, const char *warning)
{
    put_node("n1", "web", 40.0);
    temp_dir_write(&dir, "scaler.state", text, strlen(text));
    start();
    ck_assert_ptr_nonnull(log_capture_find(warning));
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, ""), 1);
    ck_assert_str_eq(temp_dir_read(&dir, "scaler.state.bad", NULL), text);
    await("web: hold 1");
    stop();
    start();
    ck_assert_ptr_nonnull(log_capture_find("read back the scaler's state of 1 groups"));
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, ""), 1);
}

START_TEST(damaged_file_is_renamed)
{
    start_on("headroom-scaler-state 3\ntaken b 1 1\nend 0 0123456789abcdef\n",
             "scaler.state is damaged; the scaler starts");
}
END_TEST

START_TEST(empty_file_is_renamed)
{
    start_on("", "scaler.state is damaged");
}
END_TEST

START_TEST(file_of_another_version_is_renamed)
{
    start_on("headroom-scaler-state 5\nwhatever\n", "scaler.state was written by another version");
}
END_TEST

/* Writes the file's first group again, with another moment and name, and `times` times. */
static void rewrite_file(const struct state_moment *taken, const char *name, unsigned times)
{
    struct state_text out = {0};
    struct state_group group;
    struct state_moment now;
    struct state_reader reader;
    size_t len = 0;
    const char *text = temp_dir_read(&dir, "scaler.state", &len);

    ck_assert_ptr_nonnull(text);
    snapshot_now(&autoscale.snapshot, &now);
    ck_assert_int_eq(state_open(&reader, text, len, &now), 0);
    ck_assert_int_eq(state_next(&reader, &group), 1);
    snprintf(group.name, sizeof group.name, "%s", name);
    state_begin(&out, taken != NULL ? taken : &reader.taken);
    for (unsigned i = 0; i < times; i++)
        state_add(&out, &group);
    ck_assert_int_eq(state_end(&out), 0);
    temp_dir_write(&dir, "scaler.state", out.text, out.len);
    free(out.text);
    scaler_free(group.scaler);
}

/* The other boot's monotonic clock was 5 s ahead of ours. */
START_TEST(times_of_another_boot_are_translated)
{
    struct state_moment taken = {.boot = "another"};
    struct state_moment now;

    put_node("n1", "web", 40.0);
    start();
    await("web: hold 1");
    int64_t logged_ms = autoscale.scaling.groups[0].logged_ms;
    stop();
    snapshot_now(&autoscale.snapshot, &now);
    taken.mono_ms = now.mono_ms + 5000;
    taken.wall_ms = now.wall_ms;
    rewrite_file(&taken, "web", 1);
    start();
    ck_assert_ptr_nonnull(autoscale.scaling.groups[0].scaler);
    ck_assert(autoscale.scaling.groups[0].has_logged);
    ck_assert_int_le(llabs(autoscale.scaling.groups[0].logged_ms - (logged_ms - 5000)), 50);
}
END_TEST

START_TEST(group_without_stored_samples_is_not_read_back)
{
    put_node("n1", "web", 40.0);
    start();
    await("web: hold 1");
    stop();
    rewrite_file(NULL, "gone", 1);
    start();
    ck_assert_ptr_null(autoscale.scaling.groups[0].scaler);
    ck_assert_uint_eq(registry.group_count, 1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, ""), 0);
}
END_TEST

START_TEST(group_that_is_there_twice_is_damage)
{
    put_node("n1", "web", 40.0);
    start();
    await("web: hold 1");
    stop();
    rewrite_file(NULL, "web", 2);
    start();
    ck_assert_ptr_null(autoscale.scaling.groups[0].scaler);
    ck_assert_ptr_nonnull(log_capture_find("scaler.state is damaged"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("autoscale");
    TCase *tests = tcase_create("autoscale");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, busy_group_is_scaled_up_and_the_record_gives_the_reason);
    tcase_add_test(tests, decision_is_a_row_of_the_file);
    tcase_add_test(tests, decision_that_stands_is_logged_once);
    tcase_add_test(tests, decision_that_changes_is_logged_at_the_next_tick);
    tcase_add_test(tests, each_group_decides_by_its_own_settings);
    tcase_add_test(tests, new_settings_count_from_the_next_tick);
    tcase_add_test(tests, silent_group_is_restored_to_its_minimum);
    tcase_add_test(tests, node_that_falls_silent_is_logged_at_the_next_tick);
    tcase_add_test(tests, group_without_nodes_is_not_logged);
    tcase_add_test(tests, close_before_the_first_tick_is_the_end);
    tcase_add_test(tests, ticks_in_slices_decide_and_save_as_whole_ones);
    tcase_add_test(tests, close_in_the_middle_of_a_tick_is_the_end);
    tcase_add_test(tests, count_is_held_over_a_restart);
    tcase_add_test(tests, demand_from_before_a_restart_is_shown);
    tcase_add_test(tests, state_is_saved_at_ticks);
    tcase_add_test(tests, what_stands_is_not_logged_again_after_a_restart);
    tcase_add_test(tests, first_start_is_quiet);
    tcase_add_test(tests, damaged_file_is_renamed);
    tcase_add_test(tests, empty_file_is_renamed);
    tcase_add_test(tests, file_of_another_version_is_renamed);
    tcase_add_test(tests, times_of_another_boot_are_translated);
    tcase_add_test(tests, group_without_stored_samples_is_not_read_back);
    tcase_add_test(tests, group_that_is_there_twice_is_damage);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
