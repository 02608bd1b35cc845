/* Orders on their way: decisions.csv with a real worker, hooks that are real scripts, and a real scaler. */
#include "collector/autoscale/autoscale.h"

#include "common/clock.h"
#include "common/disk_posix.h"
#include "support/cases.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TIMEOUT_MS 8000U
#define TICK_MS    1000

static struct temp_dir dir;
static char header[DECISION_ROW_MAX];
static struct disk disk;
static struct segments segments;
static struct decision_log decisions;
static struct registry registry;
static struct group *web;
static struct collector_config config;
static struct decision_history history;
static struct autoscale autoscale;
static struct scaler *scaler;
static struct scaler_settings settings;
static struct group_observation observed;
static int64_t now_ms;
static unsigned drained;
static bool drain_once_synced;

static void on_drained(void *arg)
{
    ck_assert_ptr_eq(arg, &drained);
    drained++;
}

static void drain(void)
{
    drained = 0;
    autoscale_drain(&autoscale, on_drained, &drained);
}

static void poke(void)
{
    decision_log_poke(&decisions);
    hook_poke(&autoscale.hook);
}

static void on_synced(void *arg)
{
    bool drains = drain_once_synced;

    ck_assert_ptr_eq(arg, &autoscale);
    actuation_synced(&autoscale.scaling.actuation, uv_now(&test_loop));
    poke();
    drain_once_synced = false;
    if (drains)
        drain();
}

static void begin(void)
{
    struct segments_options files = {.name = "decisions",
                                     .header = header,
                                     .row_ok = decision_rows_ok,
                                     .limits = {.rotate_bytes = 1 << 30, .rotate_ms = INT64_MAX}};
    uint64_t cut = 0;

    setenv("UV_THREADPOOL_SIZE", "1", 1); /* so that a test can hold it up */
    signal(SIGPIPE, SIG_IGN);
    decision_fields_put_header(header);
    log_capture_start();
    temp_dir_create(&dir);
    test_loop_start();
    disk = disk_posix(dir.fd);
    ck_assert_int_eq(segments_open(&segments, &disk, &files, &cut), 0);
    ck_assert_int_eq(decision_log_start(&decisions, &test_loop, &segments), 0);
    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    web = registry_ensure_group(&registry, "web");
    ck_assert_int_eq(decision_history_init(&history, 1), 0);
    config = (struct collector_config){.settings = {.tick_ms = SETTING_HOUR_MS}, .hook_timeout_ms = TIMEOUT_MS};
    snprintf(config.on_scale, sizeof config.on_scale, "%s", temp_dir_path(&dir, "hook"));
    const struct autoscale_options options = {
        .registry = &registry, .config = &config, .decisions = &decisions, .history = &history, .disk = &disk};
    ck_assert_int_eq(autoscale_start(&autoscale, &test_loop, &options), 0);
    autoscale.hook.grace_ms = 300;
    autoscale.hook.last_term_ms = 300;
    decision_log_on_synced(&decisions, on_synced, &autoscale);
    scaler = scaler_new();
    settings = (struct scaler_settings)SCALER_SETTINGS_DEFAULT;
    settings.tick_ms = TICK_MS;
    settings.stabilization_ms = 0;
    settings.forecast[RESOURCE_CPU] = false;
    now_ms = 1000000;
}

static void end(void)
{
    autoscale_close(&autoscale);
    decision_log_close(&decisions);
    test_loop_end();
    autoscale_deinit(&autoscale);
    decision_history_deinit(&history);
    decision_log_deinit(&decisions);
    registry_deinit(&registry);
    segments_close(&segments);
    scaler_free(scaler);
    temp_dir_remove(&dir);
}

/* The hook runs in the test's folder. */
static void write_hook(const char *script)
{
    char text[1024];
    int len = snprintf(text, sizeof text, "#!/bin/sh\ncd %s\n%s\n", dir.path, script);

    temp_dir_write(&dir, "new", text, (size_t)len);
    ck_assert_int_eq(fchmodat(dir.fd, "new", 0755, 0), 0);
    ck_assert_int_eq(renameat(dir.fd, "new", dir.fd, "hook"), 0);
}

static void put_node(const char *id, int64_t known_ms, int64_t joined_ms)
{
    struct node *node = registry_ensure_node(&registry, id, 1000, known_ms);

    ck_assert_ptr_nonnull(node);
    node->group = web;
    node->reported = true;
    node->presence = PRESENCE_PRESENT;
    node->joined_ms = joined_ms;
}

/* A tick at which `live` nodes, each of one core, have that utilisation. */
static struct decision step(unsigned live, double utilisation)
{
    now_ms += TICK_MS;
    observed.live = live;
    observed.unrecorded = decisions.rows.failing;
    observed.resource[RESOURCE_CPU] =
        (struct resource_observation){.demand = live * utilisation, .capacity = live, .nodes = live};
    return scaler_step(scaler, &settings, now_ms, &observed);
}

static void place(const struct decision *decision)
{
    const struct moment now = {.now_ms = (int64_t)uv_now(&test_loop), .wall_ms = clock_wall_ms()};

    ck_assert_int_eq(actuation_order(&autoscale.scaling.actuation, web, scaler, decision, "web: because", &now), 0);
    poke();
}

static struct decision order(unsigned live, double utilisation, unsigned desired)
{
    struct decision decision = step(live, utilisation);

    ck_assert_uint_eq(decision.desired, desired);
    ck_assert(decision.action != ACTION_HOLD);
    place(&decision);
    return decision;
}

static const char *rows(void)
{
    const char *text = temp_dir_read(&dir, "decisions.csv", NULL);

    ck_assert_ptr_nonnull(text);
    return text;
}

static bool has_row(void *arg)
{
    return strstr(rows(), arg) != NULL;
}

static void await_row(const char *part)
{
    test_loop_until(has_row, (void *)part);
}

static bool has_file(void *arg)
{
    return temp_dir_count(&dir, arg) > 0;
}

static bool is_said(void *arg)
{
    return log_capture_find(arg) != NULL;
}

/* ---- an order's way ---- */

START_TEST(intent_is_durable_before_the_hook_runs_and_the_result_follows)
{
    write_hook("cp decisions.csv seen; echo \"$*\" > arguments; cat > record");
    order(2, 0.90, 3);
    await_row(",accepted,");
    ck_assert_str_eq(temp_dir_read(&dir, "arguments", NULL), "scale web 2 3\n");
    const char *seen = temp_dir_read(&dir, "seen", NULL);
    ck_assert_ptr_nonnull(strstr(seen, ",web,up,2,3,3,2,2,3,0,,1,reactive,cpu,none,full,"));
    ck_assert_ptr_nonnull(strstr(seen, ",intent,\"web: because\"\n"));
    ck_assert_ptr_null(strstr(seen, ",accepted,"));
    ck_assert_ptr_nonnull(strstr(temp_dir_read(&dir, "record", NULL), "\"why\":\"web: because\""));
    ck_assert_uint_eq(step(2, 0.90).pending, 1);
}
END_TEST

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

START_TEST(nothing_runs_while_the_intent_is_not_durable)
{
    write_hook("touch ran");
    hold_up_worker();
    order(2, 0.90, 3);
    test_loop_for_ms(200);
    ck_assert_uint_eq(temp_dir_count(&dir, "ran"), 0);
    uv_sem_post(&may_go_on);
    test_loop_until(has_file, (void *)"ran");
}
END_TEST

/* Each write to the open file fails from now on, as does opening it again. */
static void break_disk(void)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

    ck_assert_int_ge(full, 0);
    ck_assert_int_ge(dup2(full, segments.file), 0);
    close(full);
    const struct decision nothing = {0};
    const struct decision_record record = {.wall_ms = 1000, .group = "web", .decision = &nothing, .why = "x"};
    ck_assert_int_eq(decision_rows_add(&decisions.rows, &record), 0);
    poke();
    test_loop_until(is_said, (void *)"decisions.csv can't be written");
}

START_TEST(more_nodes_are_ordered_though_it_can_not_be_recorded)
{
    write_hook("touch ran");
    break_disk();
    ck_assert(decisions.rows.failing);
    order(2, 0.90, 3);
    ck_assert_uint_eq(autoscale.hook.queue.running, 1); /* at once */
    test_loop_until(has_file, (void *)"ran");
}
END_TEST

START_TEST(fewer_nodes_are_not_ordered_while_it_can_not_be_recorded)
{
    settings.forecast[RESOURCE_CPU] = true;
    for (unsigned i = 0; i < 100 && step(4, 0.20).action != ACTION_DOWN; i++)
        continue;
    ck_assert_int_eq(step(4, 0.20).action, ACTION_DOWN);
    break_disk();
    struct decision decision = step(4, 0.20);
    ck_assert_int_eq(decision.action, ACTION_HOLD);
    ck_assert_int_eq(decision.guard, GUARD_UNRECORDED);
}
END_TEST

/* An order that was given just before the disk failed waits for it. */
START_TEST(an_order_for_fewer_waits_until_it_is_recorded)
{
    write_hook("touch ran");
    settings.forecast[RESOURCE_CPU] = true;
    struct decision down = step(4, 0.20);

    break_disk();
    down.action = ACTION_DOWN;
    down.desired = 2;
    down.victims = 2;
    place(&down);
    ck_assert_uint_eq(autoscale.hook.queue.running, 0);
    ck_assert_uint_eq(temp_dir_count(&dir, "ran"), 0);
    test_loop_until(has_file, (void *)"ran"); /* the file is opened again after a second */
    ck_assert_ptr_nonnull(strstr(rows(), ",intent,"));
}
END_TEST

START_TEST(a_failed_order_is_taken_back_and_ordered_again_after_the_backoff)
{
    write_hook("echo x >> runs; exit 3");
    order(2, 0.90, 3);
    ck_assert_int_eq(step(2, 0.90).action, ACTION_HOLD); /* it is pending */
    await_row(",failed,");
    test_loop_for_ms(1200); /* longer than the backoff: no new order was placed */
    ck_assert_str_eq(temp_dir_read(&dir, "runs", NULL), "x\n");

    order(2, 0.90, 3);
    test_loop_until_count(&autoscale.hook.queue.slots[0].backoff.failures, 2);
    write_hook("echo \"$4\" > accepted");
    order(2, 0.90, 3);
    uint64_t not_before_ms = hook_queue_slot(&autoscale.hook.queue, 0)->not_before_ms;
    await_row(",accepted,");
    ck_assert_uint_ge(uv_now(&test_loop), not_before_ms);
    ck_assert_str_eq(temp_dir_read(&dir, "accepted", NULL), "3\n");
    ck_assert_uint_eq(step(2, 0.90).pending, 1);
}
END_TEST

START_TEST(the_result_is_of_the_order_that_ran)
{
    write_hook("until [ -e \"go$4\" ]; do sleep 0.02; done");
    order(2, 0.90, 3);
    test_loop_until_count(&autoscale.hook.queue.running, 1);
    order(3, 1.0, 5);
    temp_dir_write(&dir, "go3", "", 0);
    await_row(",accepted,");
    const char *accepted = rows();
    for (const char *line = accepted; (line = strchr(line, '\n')) != NULL; line++)
        if (strstr(line + 1, ",accepted,") != NULL)
            accepted = line + 1;
    ck_assert_ptr_nonnull(strstr(accepted, ",web,up,2,3,"));
    temp_dir_write(&dir, "go5", "", 0);
    await_row(",web,up,4,5,");
}
END_TEST

/* A decision for that many nodes, whatever the scaler would decide. */
static void order_up(unsigned desired)
{
    struct decision up = step(2, 0.50);

    up.action = ACTION_UP;
    up.to = desired;
    up.adding = 1;
    up.desired = desired;
    place(&up);
}

static bool is_handed_over(void *arg)
{
    (void)arg;
    return autoscale.scaling.actuation.groups[0].waits_ms == 0;
}

/* Two orders wait for the disk when the run of one before them begins: what fails later is both of them. */
START_TEST(all_that_waited_is_taken_back_when_it_fails)
{
    write_hook("[ -e go ] || exit 3; [ \"$4\" = 3 ]");
    order_up(3);
    await_row(",failed,");
    temp_dir_write(&dir, "go", "", 0);
    autoscale.hook.queue.slots[0].not_before_ms = uv_now(&test_loop) + 500; /* the backoff may be short */
    order_up(3);
    test_loop_until(is_handed_over, NULL);
    hold_up_worker();
    order_up(4);
    order_up(5);
    test_loop_until(is_said, (void *)"2 -> 3 nodes: accepted");
    ck_assert_uint_eq(step(2, 0.50).pending, 3);
    uv_sem_post(&may_go_on);
    test_loop_until(is_said, (void *)"4 -> 5 nodes: exit status 1");
    ck_assert_uint_eq(step(2, 0.50).pending, 1);
}
END_TEST

/* ---- victims ---- */

START_TEST(who_may_go_is_suggested_to_the_hook)
{
    put_node("web-1", 1, NEVER_JOINED);
    put_node("web-2", 2, NEVER_JOINED);
    put_node("web-3", 3, NEVER_JOINED);
    put_node("web-4", 4, now_ms); /* warms up */
    write_hook("cat > record");
    settings.forecast[RESOURCE_CPU] = true;
    struct decision down = step(4, 0.20);
    down.action = ACTION_DOWN;
    down.desired = 2;
    down.victims = 2;
    place(&down);
    await_row(",accepted,");
    ck_assert_ptr_nonnull(strstr(temp_dir_read(&dir, "record", NULL), "\"victims\":[\"web-3\",\"web-2\"]"));
    ck_assert_uint_eq(step(4, 0.20).removing, 2);
}
END_TEST

/* Who was to go and is still there is not all that is to go now. */
START_TEST(who_is_on_the_way_out_does_not_stand_for_others)
{
    put_node("web-1", 1, NEVER_JOINED);
    put_node("web-2", 2, NEVER_JOINED);
    put_node("web-3", 3, NEVER_JOINED);
    put_node("web-4", 4, NEVER_JOINED);
    write_hook("cat > \"record$4\"");
    struct decision down = step(4, 0.20);
    down.action = ACTION_DOWN;
    down.desired = 2;
    down.victims = 2;
    place(&down);
    await_row(",accepted,");
    down = step(4, 0.20);
    down.action = ACTION_DOWN;
    down.desired = 1;
    place(&down);
    test_loop_until(is_said, (void *)"4 -> 1 nodes: accepted");
    ck_assert_ptr_nonnull(strstr(temp_dir_read(&dir, "record1", NULL), "\"victims\":[\"web-4\",\"web-3\",\"web-2\"]"));
}
END_TEST

/* ---- the end ---- */

START_TEST(the_end_waits_for_the_hook_and_records_its_result)
{
    write_hook("touch began; sleep 0.2");
    order(2, 0.90, 3);
    test_loop_until(has_file, (void *)"began");
    drain();
    ck_assert_uint_eq(drained, 0);
    test_loop_until_count(&drained, 1);
    await_row(",accepted,");
}
END_TEST

START_TEST(a_hook_that_is_stopped_leaves_its_order_pending)
{
    write_hook("touch began; sleep 30");
    order(2, 0.90, 3);
    test_loop_until(has_file, (void *)"began");
    drain();
    test_loop_until_count(&drained, 1);
    test_loop_for_ms(50);
    ck_assert_ptr_null(strstr(rows(), ",failed,"));
    ck_assert_ptr_null(strstr(rows(), ",accepted,"));
    ck_assert_uint_eq(step(2, 0.90).pending, 1);
}
END_TEST

static bool is_synced(void *arg)
{
    (void)arg;
    return decisions.rows.synced == decisions.rows.added;
}

/* What an earlier run has accepted is not taken back with it. */
START_TEST(an_order_that_can_not_start_at_the_end_takes_back_itself_only)
{
    write_hook("touch began");
    order_up(3);
    await_row(",accepted,");
    test_loop_until(is_synced, NULL);
    ck_assert_uint_eq(step(2, 0.50).pending, 1);
    ck_assert_int_eq(unlinkat(dir.fd, "hook", 0), 0);
    order_up(4);
    drain_once_synced = true; /* in the turn in which it is found that it can't */
    test_loop_until_count(&drained, 1);
    ck_assert_ptr_nonnull(log_capture_find("3 -> 4 nodes: can't start the program"));
    ck_assert_uint_eq(step(2, 0.50).pending, 1);
}
END_TEST

START_TEST(without_a_program_nothing_is_possible)
{
    ck_assert(actuation_possible(&autoscale.scaling.actuation));
    config.on_scale[0] = '\0';
    ck_assert(!actuation_possible(&autoscale.scaling.actuation));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("actuation");

    CASES_ADD(suite, "orders", begin, end, intent_is_durable_before_the_hook_runs_and_the_result_follows,
              nothing_runs_while_the_intent_is_not_durable, more_nodes_are_ordered_though_it_can_not_be_recorded,
              fewer_nodes_are_not_ordered_while_it_can_not_be_recorded, an_order_for_fewer_waits_until_it_is_recorded,
              a_failed_order_is_taken_back_and_ordered_again_after_the_backoff, the_result_is_of_the_order_that_ran,
              all_that_waited_is_taken_back_when_it_fails, who_may_go_is_suggested_to_the_hook,
              who_is_on_the_way_out_does_not_stand_for_others);
    CASES_ADD(suite, "end", begin, end, the_end_waits_for_the_hook_and_records_its_result,
              a_hook_that_is_stopped_leaves_its_order_pending,
              an_order_that_can_not_start_at_the_end_takes_back_itself_only, without_a_program_nothing_is_possible);
    return suite_run(suite);
}
