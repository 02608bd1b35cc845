/* Orders on their way: decisions.csv with a real worker, hooks that are real scripts, and a real scaler. */
#include "collector/autoscale/autoscale.h"

#include "collector/fleet/membership.h"
#include "common/clock.h"
#include "common/disk_posix.h"
#include "support/cases.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"
#include "support/test_spawner.h"

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
static uint64_t number; /* of the last order */
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

static struct moment moment_now(void)
{
    return (struct moment){.now_ms = (int64_t)uv_now(&test_loop), .wall_ms = clock_wall_ms()};
}

static void poke(void)
{
    decision_log_poke(&decisions);
    hook_poke(&autoscale.hook);
    hook_questions_poke(&autoscale.questions);
}

static void on_synced(void *arg)
{
    bool drains = drain_once_synced;

    ck_assert_ptr_eq(arg, &autoscale);
    const struct moment now = moment_now();
    actuation_synced(&autoscale.scaling.actuation, &now);
    poke();
    drain_once_synced = false;
    if (drains)
        drain();
}

/* The hook runs in the test's folder. It answers for its contract with the content of the file contract, and a count
 * with that of the file count, or can't say. */
static void write_hook(const char *script)
{
    static const char answers[] =
        "case $1 in contract) cat contract; exit ;; count) cat count || exit 64; exit ;; esac";
    char text[1024];
    int len = snprintf(text, sizeof text, "#!/bin/sh\ncd %s\n%s\n%s\n", dir.path, answers, script);

    temp_dir_write(&dir, "new", text, (size_t)len);
    ck_assert_int_eq(fchmodat(dir.fd, "new", 0755, 0), 0);
    ck_assert_int_eq(renameat(dir.fd, "new", dir.fd, "hook"), 0);
}

static bool is_answered(void *arg)
{
    (void)arg;
    return autoscale.scaling.actuation.contract.state != HOOK_CONTRACT_UNKNOWN &&
           count_book_page(&autoscale.scaling.actuation.counts, 0)->has_failed;
}

static void begin(void)
{
    struct segments_options files = {.name = "decisions",
                                     .header = header,
                                     .row_ok = decision_rows_ok,
                                     .row_ms = segment_time_of_first_field,
                                     .limits = {.rotate_bytes = 1 << 30, .rotate_ms = INT64_MAX}};
    uint64_t cut = 0;

    setenv("UV_THREADPOOL_SIZE", "1", 1); /* so that a test can hold it up */
    signal(SIGPIPE, SIG_IGN);
    decision_fields_put_header(header);
    log_capture_start();
    temp_dir_create(&dir);
    test_loop_start();
    test_spawner_start();
    disk = disk_posix(dir.fd);
    ck_assert_int_eq(segments_open(&segments, &disk, &files, &cut), 0);
    ck_assert_int_eq(decision_log_start(&decisions, &test_loop, &segments, NULL), 0);
    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    web = registry_ensure_group(&registry, "web");
    ck_assert_int_eq(decision_history_init(&history, 1), 0);
    config = (struct collector_config){.scale_groups = SCALE_GROUPS_ANY,
                                       .settings = {.tick_ms = SETTING_HOUR_MS},
                                       .hook_timeout_ms = TIMEOUT_MS,
                                       .gone_ms = 600000};
    snprintf(config.on_scale, sizeof config.on_scale, "%s", temp_dir_path(&dir, "hook"));
    const struct autoscale_options options = {.registry = &registry,
                                              .config = &config,
                                              .decisions = &decisions,
                                              .history = &history,
                                              .disk = &disk,
                                              .spawner = &test_spawner};
    temp_dir_write(&dir, "contract", "2\n", 2);
    write_hook("exit 1");
    ck_assert_int_eq(autoscale_start(&autoscale, &test_loop, &options), 0);
    autoscale.hook.grace_ms = 300;
    autoscale.hook.last_term_ms = 300;
    decision_log_on_synced(&decisions, on_synced, &autoscale);
    scaler = scaler_new();
    settings = (struct scaler_settings)SCALER_SETTINGS_DEFAULT;
    settings.tick_ms = TICK_MS;
    settings.stabilization_ms = 0;
    settings.forecast[RESOURCE_CPU] = false;
    settings.actuator = ACTUATOR_HOOK;
    now_ms = 1000000;
    number = 0;
    test_loop_until(is_answered, NULL);
    log_capture_start();
}

static void end(void)
{
    autoscale_close(&autoscale);
    test_spawner_close();
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

static struct node *put_node(const char *id, uint64_t instance)
{
    struct node *node = registry_ensure_node(&registry, id, 1000, 1);

    ck_assert_ptr_nonnull(node);
    ck_assert_ptr_nonnull(registry_ensure_instance(node, instance));
    node->group = web;
    node->reported = true;
    node->seen_ms = (int64_t)uv_now(&test_loop);
    return node;
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

static int try_order(struct decision *decision, unsigned to)
{
    const struct moment now = moment_now();

    decision->to = to;
    decision->adding = decision->action == ACTION_UP ? 1 : 0;
    decision->victims = decision->action == ACTION_DOWN ? 1 : 0;
    decision->order_epoch = 7;
    decision->order_number = ++number;
    int rc = actuation_order(&autoscale.scaling.actuation, web, scaler, decision, "web: because", &now);
    poke();
    return rc;
}

static void place(struct decision *decision)
{
    ck_assert_int_eq(try_order(decision, decision->desired), 1);
}

static struct decision order(unsigned live, double utilisation, unsigned desired)
{
    struct decision decision = step(live, utilisation);

    ck_assert_uint_eq(decision.desired, desired);
    ck_assert(decision.action != ACTION_HOLD);
    place(&decision);
    return decision;
}

/* A decision to scale in to 2 of 3 nodes: web-3 goes. */
static struct decision down(void)
{
    struct victim_list *chosen = &autoscale.scaling.actuation.chosen;
    struct decision decision = step(3, 0.20);

    put_node("web-1", 11);
    put_node("web-2", 12);
    put_node("web-3", 13);
    victim_list_deinit(chosen);
    *chosen = (struct victim_list){.victims = calloc(1, sizeof *chosen->victims), .count = 1};
    ck_assert_ptr_nonnull(chosen->victims);
    strcpy(chosen->victims[0].node_id, "web-3");
    chosen->victims[0].instance = 13;
    decision.action = ACTION_DOWN;
    decision.now_ms = (int64_t)uv_now(&test_loop);
    decision.desired = 2;
    decision.lead_ms = 60000;
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
    ck_assert_str_eq(temp_dir_read(&dir, "arguments", NULL), "scale-out web 3\n");
    const char *seen = temp_dir_read(&dir, "seen", NULL);
    ck_assert_ptr_nonnull(strstr(seen, ",web,up,2,"));
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
    struct decision decision = down();

    break_disk();
    place(&decision);
    test_loop_for_ms(200);
    ck_assert_uint_eq(autoscale.hook.queue.running, 0);
    ck_assert_uint_eq(temp_dir_count(&dir, "ran"), 0);
    put_node("web-3", 13);                    /* still reports */
    test_loop_until(has_file, (void *)"ran"); /* the file is opened again after a second */
    ck_assert_ptr_nonnull(strstr(rows(), ",intent,"));
}
END_TEST

/* But not for long: a scale-in is decided afresh each time. */
START_TEST(an_order_for_fewer_that_can_not_be_recorded_in_time_is_withdrawn)
{
    struct decision decision = down();

    break_disk();
    place(&decision);
    struct moment later = moment_now();
    later.now_ms = decision.now_ms + 2 * (int64_t)HOOK_QUESTION_MS_MAX;
    actuation_tick(&autoscale.scaling.actuation, 0, MODE_FULL, &later);
    ck_assert_int_ne(autoscale.scaling.actuation.groups[0].state, GROUP_ORDERS_NONE);
    autoscale.scaling.actuation.groups[0].is_uncounted = false;
    later.now_ms += 1000;
    actuation_tick(&autoscale.scaling.actuation, 0, MODE_FULL, &later);
    ck_assert_int_eq(autoscale.scaling.actuation.groups[0].state, GROUP_ORDERS_NONE);
    await_row(",withdrawn,\"web: the order is withdrawn: it could not be recorded in time\"");
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
    write_hook("echo \"$3\" > accepted");
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
    write_hook("until [ -e \"go$3\" ]; do sleep 0.02; done");
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
    await_row(",web,up,3,5,");
}
END_TEST

/* A decision for that many nodes, whatever the scaler would decide. */
static void order_up(unsigned desired)
{
    struct decision up = step(2, 0.50);

    up.action = ACTION_UP;
    up.desired = desired;
    place(&up);
}

/* Two orders come during a run that is accepted, and the newer one fails: what is taken back is both of them. */
START_TEST(all_that_came_during_a_run_is_taken_back_when_it_fails)
{
    write_hook("[ \"$3\" = 3 ] || exit 1; touch began; until [ -e go ]; do sleep 0.02; done");
    order_up(3);
    test_loop_until(has_file, (void *)"began");
    order_up(4);
    order_up(5);
    ck_assert_uint_eq(step(2, 0.50).pending, 3);
    temp_dir_write(&dir, "go", "", 0);
    test_loop_until(is_said, (void *)"scale-out to 3: accepted");
    test_loop_until(is_said, (void *)"scale-out to 5: exit status 1");
    ck_assert_uint_eq(step(2, 0.50).pending, 1);
    await_row(",withdrawn,");
    ck_assert_ptr_null(log_capture_find("scale-out to 4"));
}
END_TEST

/* ---- scale-in ---- */

static void write_count(const char *text)
{
    temp_dir_write(&dir, "count", text, strlen(text));
}

START_TEST(nodes_that_go_are_named)
{
    write_hook("echo \"$*\" > arguments; cat > record");
    struct decision decision = down();

    place(&decision);
    await_row(",accepted,");
    ck_assert_str_eq(temp_dir_read(&dir, "arguments", NULL), "scale-in web 2 web-3\n");
    ck_assert_ptr_nonnull(strstr(temp_dir_read(&dir, "record", NULL), "\"victims\":[\"web-3\"]"));
}
END_TEST

START_TEST(a_scale_in_that_failed_is_never_run_again)
{
    write_hook("echo x >> runs; exit 3");
    struct decision decision = down();

    place(&decision);
    await_row(",failed,");
    decision = down();
    ck_assert_int_eq(try_order(&decision, 2), 0); /* it would have to wait */
    test_loop_for_ms(1200);
    ck_assert_str_eq(temp_dir_read(&dir, "runs", NULL), "x\n");
}
END_TEST

START_TEST(too_few_nodes_are_no_failure)
{
    write_hook("exit 65");
    struct decision decision = down();

    place(&decision);
    await_row(",without-effect,");
    ck_assert_ptr_null(actuation_trouble(&autoscale.scaling.actuation, 0));
    ck_assert_uint_eq(hook_queue_slot(&autoscale.hook.queue, 0)->backoff.failures, 0);
    decision = down();
    ck_assert_int_eq(try_order(&decision, 2), 0); /* not within a lead time */
}
END_TEST

START_TEST(a_victim_that_returned_as_another_instance_is_none)
{
    write_hook("touch ran");
    struct decision decision = down();

    put_node("web-3", 14);
    place(&decision);
    await_row(",withdrawn,\"web: the order is withdrawn: a node that was to go is not the same any more\"");
    test_loop_for_ms(100);
    ck_assert_uint_eq(temp_dir_count(&dir, "ran"), 0);
    ck_assert_int_eq(autoscale.scaling.actuation.groups[0].since_ms, 0);
}
END_TEST

START_TEST(a_scale_in_is_withdrawn_when_fewer_nodes_exist_than_were_counted)
{
    write_hook("touch ran");
    struct decision decision = down();

    decision.observed.counted = true;
    decision.observed.count = 5;
    write_count("4\n");
    place(&decision);
    await_row(",withdrawn,\"web: the order is withdrawn: fewer nodes exist than before\"");
    ck_assert_uint_eq(temp_dir_count(&dir, "ran"), 0);
    write_count("2\n"); /* fewer than report: no count */
    decision = down();
    decision.observed.counted = true;
    decision.observed.count = 5;
    place(&decision);
    test_loop_until(has_file, (void *)"ran");
}
END_TEST

START_TEST(an_actuator_that_chooses_itself_needs_the_count_of_the_decision)
{
    write_hook("echo \"$*\" >> arguments");
    settings.victims = VICTIMS_ANY;
    struct decision decision = down();

    decision.settings.victims = VICTIMS_ANY;
    decision.existing = 3;
    actuation_choose(&autoscale.scaling.actuation, web, &decision, (int64_t)uv_now(&test_loop));
    ck_assert_int_eq(decision.action, ACTION_HOLD);
    ck_assert_int_eq(decision.guard, GUARD_UNCOUNTED);

    decision.action = ACTION_DOWN;
    decision.desired = 2;
    decision.observed.counted = true;
    decision.observed.count = 5;
    write_count("6\n");
    place(&decision);
    await_row("the number of nodes has changed");
    decision.now_ms = (int64_t)uv_now(&test_loop);
    temp_dir_write(&dir, "count", "five\n", 5);
    place(&decision);
    await_row("its nodes could not be counted");
    decision.now_ms = (int64_t)uv_now(&test_loop);
    write_count("5\n");
    place(&decision);
    await_row(",accepted,");
    ck_assert_str_eq(temp_dir_read(&dir, "arguments", NULL), "scale-in web 2\n");
}
END_TEST

/* Nodes that leave still count as existing, and not as nodes that the hook could remove. */
START_TEST(a_scale_in_that_would_do_nothing_is_not_decided)
{
    struct decision decision = step(2, 0.20);

    put_node("web-1", 11);
    put_node("web-2", 12);
    decision.action = ACTION_DOWN;
    decision.existing = decision.before = 4;
    decision.settings.nodes_min = 1;
    decision.victims = 1;
    decision.observed.counted = true;
    decision.observed.count = 3;
    decision.now_ms = (int64_t)uv_now(&test_loop);
    actuation_choose(&autoscale.scaling.actuation, web, &decision, decision.now_ms);
    ck_assert_int_eq(decision.action, ACTION_HOLD);
}
END_TEST

START_TEST(an_order_for_more_takes_the_place_of_a_scale_in_that_waits)
{
    write_hook("echo \"$*\" >> arguments");
    struct decision decision = down();

    hold_up_worker();
    place(&decision);
    order(2, 0.90, 3);
    uv_sem_post(&may_go_on);
    await_row(",accepted,");
    ck_assert_ptr_nonnull(strstr(rows(), ",withdrawn,\"web: the order is withdrawn: a newer one takes its place\""));
    ck_assert_str_eq(temp_dir_read(&dir, "arguments", NULL), "scale-out web 3\n");
}
END_TEST

/* ---- pauses ---- */

static void set_pause(enum override_kind kind)
{
    const struct override override = {.kind = kind, .group = "web", .until_ms = INT64_MAX};

    ck_assert_int_eq(overrides_set(&autoscale.scaling.overrides, &override), 0);
}

START_TEST(a_pause_takes_back_an_order_that_has_not_begun)
{
    write_hook("echo \"$*\" >> arguments");
    hold_up_worker();
    order(2, 0.90, 3);
    set_pause(OVERRIDE_PAUSE_IN);
    autoscale_pause(&autoscale, "web");
    uv_sem_post(&may_go_on);
    await_row(",accepted,");
    ck_assert_str_eq(temp_dir_read(&dir, "arguments", NULL), "scale-out web 3\n");

    hold_up_worker();
    struct decision decision = step(3, 0.99);
    ck_assert_int_eq(decision.action, ACTION_UP);
    place(&decision);
    set_pause(OVERRIDE_PAUSE);
    autoscale_pause(&autoscale, "www");
    ck_assert_int_ne(autoscale.scaling.actuation.groups[0].state, GROUP_ORDERS_NONE);
    autoscale_pause(&autoscale, "web");
    ck_assert_int_eq(autoscale.scaling.actuation.groups[0].state, GROUP_ORDERS_NONE);
    uv_sem_post(&may_go_on);
    await_row(",withdrawn,\"web: the order is withdrawn: the group is paused\"");
    ck_assert_str_eq(temp_dir_read(&dir, "arguments", NULL), "scale-out web 3\n");
}
END_TEST

/* One that is in force when the order's turn comes. */
START_TEST(a_paused_scale_in_does_not_begin)
{
    write_hook("touch ran");
    struct decision decision = down();

    set_pause(OVERRIDE_PAUSE_IN);
    place(&decision);
    await_row(",withdrawn,\"web: the order is withdrawn: scale-in is paused\"");
    ck_assert_uint_eq(temp_dir_count(&dir, "ran"), 0);
}
END_TEST

/* ---- what carries out orders ---- */

static bool is_broken(void *arg)
{
    (void)arg;
    return autoscale.scaling.actuation.contract.state == HOOK_CONTRACT_BROKEN;
}

START_TEST(without_the_contract_nothing_is_ordered)
{
    write_hook("touch ran");
    temp_dir_write(&dir, "contract", "1\n", 2);
    ck_assert_ptr_null(actuation_trouble(&autoscale.scaling.actuation, 0));
    autoscale_reconfigure(&autoscale, &config);
    test_loop_until(is_broken, NULL);
    ck_assert_ptr_nonnull(log_capture_find("nothing is ordered: `"));
    ck_assert_ptr_nonnull(log_capture_find("see \"Moving from 0.1\" in scaling-hooks.md"));
    struct decision decision = step(2, 0.90);
    ck_assert_int_eq(try_order(&decision, 3), 0);
    const struct actuation_trouble *trouble = actuation_trouble(&autoscale.scaling.actuation, 0);
    ck_assert_ptr_nonnull(trouble);
    ck_assert_ptr_nonnull(strstr(trouble->text, "must print 2, but it printed \"1\""));
    ck_assert_uint_eq(trouble->tries, 1);

    temp_dir_write(&dir, "contract", "2\n", 2); /* it is asked again */
    test_loop_until(is_said, (void *)"the hook keeps contract 2");
    ck_assert_ptr_null(actuation_trouble(&autoscale.scaling.actuation, 0));
    decision = step(2, 0.90);
    place(&decision);
    test_loop_until(has_file, (void *)"ran");
}
END_TEST

START_TEST(a_hook_that_hangs_does_not_keep_the_contract)
{
    ck_assert_int_eq(unlinkat(dir.fd, "contract", 0), 0);
    ck_assert_int_eq(mkfifoat(dir.fd, "contract", 0600), 0);
    autoscale.hook.term_ms = 100;
    config.hook_timeout_ms = 200;
    autoscale_reconfigure(&autoscale, &config);
    ck_assert_int_eq(autoscale.scaling.actuation.contract.state, HOOK_CONTRACT_KEPT); /* until it has answered */
    test_loop_until(is_broken, NULL);
    ck_assert_ptr_nonnull(log_capture_find("but it did not end within its time limit"));
}
END_TEST

static bool has_answer(void *arg)
{
    (void)arg;
    return count_book_page(&autoscale.scaling.actuation.counts, 0)->has_answer;
}

START_TEST(names_of_a_count_are_compared_with_the_nodes_that_report)
{
    struct group_observation seen = {.live = 2, .missing = 3};
    char text[128];

    put_node("web-1", 11);
    put_node("web-2", 12)->seen_ms -= 60000;
    put_node("db-1", 13)->group = registry_ensure_group(&registry, "db");
    write_count("4\nweb-1\nweb-2\ndb-1\nother\n");
    count_book_hurry(&autoscale.scaling.actuation.counts, 0);
    poke();
    test_loop_until(has_answer, NULL);
    ck_assert_uint_eq(count_book_page(&autoscale.scaling.actuation.counts, 0)->answer.names, 4);
    ck_assert_uint_eq(count_book_page(&autoscale.scaling.actuation.counts, 0)->answer.matches, 1);
    actuation_observe(&autoscale.scaling.actuation, 0, (int64_t)uv_now(&test_loop), &seen);
    ck_assert(seen.counted);
    ck_assert_uint_eq(seen.count, 5); /* that one is gone needs a second answer */
    actuation_count_sentence(&autoscale.scaling.actuation, 0, &seen, text, sizeof text);
    ck_assert_str_eq(text, "5 exist, 2 report; the count of 4 waits for a second one, a minute later");
}
END_TEST

/* What is missing and not named is gone by the second answer, a minute later. */
START_TEST(a_count_has_missing_nodes_forgotten)
{
    struct actuation *actuation = &autoscale.scaling.actuation;
    int64_t seen_ms = (int64_t)uv_now(&test_loop);
    static const char *const known[] = {"web-1"};
    const struct count_answer answer = {.number = 1, .names = 1, .matches = 1};
    const struct count_answer strangers = {.number = 1, .names = 1};

    put_node("web-1", 11)->seen_ms = seen_ms + 80000;
    struct node *lost = put_node("web-2", 12);
    lost->joined_ms = NEVER_JOINED;
    ck_assert_int_eq(registry_liveness(lost, seen_ms + 80000, config.gone_ms), NODE_MISSING);
    actuation_forget(actuation, 0, &strangers, NULL, 0, seen_ms + 15000);
    actuation_forget(actuation, 0, &answer, known, 1, seen_ms + 20000);
    ck_assert_int_eq(registry_liveness(lost, seen_ms + 80000, config.gone_ms), NODE_MISSING);
    actuation_forget(actuation, 0, &answer, known, 1, seen_ms + 80000);
    ck_assert_int_eq(registry_liveness(lost, seen_ms + 80000, config.gone_ms), NODE_GONE);
}
END_TEST

static bool is_asked_again(void *arg)
{
    return count_book_page(&autoscale.scaling.actuation.counts, 0)->asked_ms > *(const int64_t *)arg;
}

START_TEST(a_group_is_counted_anew_when_nodes_have_gone_by_order)
{
    struct actuation *actuation = &autoscale.scaling.actuation;
    struct group_observation seen = {.live = 2, .left = 1};

    write_hook("touch ran; sleep 0.3");
    struct decision decision = down();
    place(&decision);
    test_loop_until(has_file, "ran");
    int64_t before_ms = count_book_page(&actuation->counts, 0)->asked_ms;
    await_row(",accepted,");
    test_loop_until(is_asked_again, &before_ms); /* not a minute later */
    const struct moment now = moment_now();
    before_ms = count_book_page(&actuation->counts, 0)->asked_ms;
    actuation_tick(actuation, 0, MODE_FULL, &now);
    actuation_observe(actuation, 0, now.now_ms, &seen);
    poke();
    test_loop_until(is_asked_again, &before_ms); /* a node may need some time to go */
}
END_TEST

START_TEST(a_node_that_is_named_is_gone_once_it_says_goodbye)
{
    write_hook("touch ran");
    struct decision decision = down();
    struct node *node = registry_find_node(&registry, "web-3");
    struct node *other = registry_find_node(&registry, "web-2");

    place(&decision);
    test_loop_until(has_file, "ran");
    membership_on_goodbye(&registry, node, FAREWELL_LEAVING, (int64_t)uv_now(&test_loop));
    membership_on_goodbye(&registry, other, FAREWELL_LEAVING, (int64_t)uv_now(&test_loop));
    ck_assert_int_eq(registry_liveness(node, (int64_t)uv_now(&test_loop), config.gone_ms), NODE_GONE);
    ck_assert_int_eq(registry_liveness(other, (int64_t)uv_now(&test_loop), config.gone_ms), NODE_LEAVING);
    ck_assert_uint_eq(web->left_by_order, 1);
}
END_TEST

START_TEST(nodes_that_were_told_to_leave_are_no_loss)
{
    const struct moment now = moment_now();
    struct moment later = now;

    write_hook("exit 0");
    struct decision decision = down();
    place(&decision);
    ck_assert_uint_eq(web->ordered_away, 1); /* the hook may be quick */
    await_row(",accepted,");
    actuation_tick(&autoscale.scaling.actuation, 0, MODE_FULL, &now);
    ck_assert_uint_eq(web->ordered_away, 1);
    later.now_ms += 10 * decision.lead_ms;
    actuation_tick(&autoscale.scaling.actuation, 0, MODE_FULL, &later);
    ck_assert_uint_eq(web->ordered_away, 0);
}
END_TEST

START_TEST(a_hook_that_fails_is_a_trouble_until_it_works)
{
    const struct actuation_trouble *trouble = NULL;

    write_hook("exit 3");
    order(2, 0.90, 3);
    await_row(",failed,");
    trouble = actuation_trouble(&autoscale.scaling.actuation, 0);
    ck_assert_ptr_nonnull(trouble);
    ck_assert_uint_eq(trouble->tries, 1);
    ck_assert_ptr_nonnull(strstr(trouble->text, "exit status 3"));
    write_hook("exit 0");
    order(2, 0.90, 3);
    await_row(",accepted,");
    ck_assert_ptr_null(actuation_trouble(&autoscale.scaling.actuation, 0));
}
END_TEST

START_TEST(publishing_is_the_order_of_a_reader)
{
    write_hook("touch ran");
    settings.actuator = ACTUATOR_READER;
    (void)step(2, 0.90); /* before it, readers get no number */
    struct decision decision = step(2, 0.90);

    ck_assert_int_eq(try_order(&decision, 3), 1);
    await_row(",published,");
    test_loop_for_ms(100);
    ck_assert_uint_eq(temp_dir_count(&dir, "ran"), 0);
    ck_assert_uint_eq(step(2, 0.90).pending, 1);
}
END_TEST

START_TEST(without_an_actuator_nothing_is_ordered)
{
    settings.actuator = ACTUATOR_NONE;
    struct decision decision = step(2, 0.90);

    ck_assert_int_eq(try_order(&decision, 3), 0);
}
END_TEST

/* ---- the end ---- */

START_TEST(the_end_waits_for_the_hook_and_records_its_result)
{
    autoscale.hook.grace_ms = 5000;
    write_hook("touch began; sleep 0.2");
    order(2, 0.90, 3);
    test_loop_until(has_file, (void *)"began");
    drain();
    ck_assert_uint_eq(drained, 0);
    test_loop_until_count(&drained, 1);
    await_row(",accepted,");
}
END_TEST

START_TEST(a_hook_that_is_stopped_leaves_an_unknown_outcome)
{
    write_hook("touch began; sleep 30");
    order(2, 0.90, 3);
    test_loop_until(has_file, (void *)"began");
    drain();
    test_loop_until_count(&drained, 1);
    await_row(",unknown,");
    ck_assert_ptr_null(strstr(rows(), ",failed,"));
    ck_assert_uint_eq(step(2, 0.90).pending, 0); /* the next start decides again */
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
    ck_assert_ptr_nonnull(log_capture_find("scale-out to 4: can't start the program"));
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
              an_order_for_fewer_that_can_not_be_recorded_in_time_is_withdrawn,
              a_failed_order_is_taken_back_and_ordered_again_after_the_backoff, the_result_is_of_the_order_that_ran,
              all_that_came_during_a_run_is_taken_back_when_it_fails);
    CASES_ADD(suite, "scale-in", begin, end, nodes_that_go_are_named, a_scale_in_that_failed_is_never_run_again,
              too_few_nodes_are_no_failure, a_victim_that_returned_as_another_instance_is_none,
              a_scale_in_is_withdrawn_when_fewer_nodes_exist_than_were_counted,
              an_actuator_that_chooses_itself_needs_the_count_of_the_decision,
              a_scale_in_that_would_do_nothing_is_not_decided,
              an_order_for_more_takes_the_place_of_a_scale_in_that_waits);
    CASES_ADD(suite, "pauses", begin, end, a_pause_takes_back_an_order_that_has_not_begun,
              a_paused_scale_in_does_not_begin);
    CASES_ADD(suite, "actuators", begin, end, without_the_contract_nothing_is_ordered,
              a_hook_that_hangs_does_not_keep_the_contract, names_of_a_count_are_compared_with_the_nodes_that_report,
              a_count_has_missing_nodes_forgotten, nodes_that_were_told_to_leave_are_no_loss,
              a_group_is_counted_anew_when_nodes_have_gone_by_order, a_node_that_is_named_is_gone_once_it_says_goodbye,
              a_hook_that_fails_is_a_trouble_until_it_works, publishing_is_the_order_of_a_reader,
              without_an_actuator_nothing_is_ordered);
    CASES_ADD(suite, "end", begin, end, the_end_waits_for_the_hook_and_records_its_result,
              a_hook_that_is_stopped_leaves_an_unknown_outcome,
              an_order_that_can_not_start_at_the_end_takes_back_itself_only, without_a_program_nothing_is_possible);
    return suite_run(suite);
}
