/* All groups' ticks without a loop, a disk or a hook. */
#include "collector/autoscale/scaling.h"

#include "collector/fleet/membership.h"

#include "support/cases.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS  15000
#define BEGIN_MS 1000000
#define NODES    2

static struct collector_config config;
static struct registry registry;
static struct segments segments;
static struct decision_rows rows;
static struct decision_history history;
static struct hook_queue queue;
static struct scaling scaling;
static struct scaling_outcome outcome;
static int64_t now_ms;

static void begin(void)
{
    const struct hook_queue_limits limits = {
        .fresh = 1, .all = 1, .timed_out = 1, .wait_min_ms = 1000, .wait_max_ms = 60000};

    config = (struct collector_config){
        .settings = SCALER_SETTINGS_DEFAULT, .gone_ms = 600000, .on_scale = "/hook", .scale_groups = SCALE_GROUPS_ANY};
    config.settings.tick_ms = TICK_MS;
    config.settings.forecast[RESOURCE_CPU] = false;
    now_ms = BEGIN_MS;
    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    ck_assert_int_eq(decision_rows_init(&rows, &segments), 0);
    ck_assert_int_eq(decision_history_init(&history, 1), 0);
    ck_assert_int_eq(hook_queue_init(&queue, &limits, 1), 0);
    const struct scaling_parts parts = {.registry = &registry, .config = &config, .rows = &rows, .history = &history};
    ck_assert_int_eq(scaling_init(&scaling, &parts, &queue, 1), 0);
    actuation_reconfigure(&scaling.actuation, &config, now_ms);
    scaling.actuation.contract.state = HOOK_CONTRACT_KEPT;
}

static void end(void)
{
    scaling_deinit(&scaling);
    hook_queue_deinit(&queue);
    decision_history_deinit(&history);
    decision_rows_deinit(&rows);
    registry_deinit(&registry);
}

/* Each node reports this utilisation at a tick. Returns for how many groups it decides. */
static unsigned tick(double cpu)
{
    struct group *web = registry_ensure_group(&registry, "web");
    enum scaling_progress progress = SCALING_OBSERVED;
    unsigned decided = 0;

    now_ms += TICK_MS;
    for (unsigned i = 0; i < NODES; i++) {
        char id[16];
        struct sample sample = {.seq = (uint64_t)now_ms, .uptime_ms = 1};
        snprintf(id, sizeof id, "n%u", i);
        struct node *node = registry_ensure_node(&registry, id, 1000, BEGIN_MS);
        if (node->group == NULL)
            registry_assign(&registry, node, web);
        node->cpu_milli = 1000;
        node->reported = true;
        node->seen_ms = now_ms;
        sample_set_gauge(&sample, METRIC_CPU, cpu);
        ck_assert(ring_push(&node->ring, now_ms, &sample));
    }
    const struct moment now = {.now_ms = now_ms, .wall_ms = 1700000000000};
    scaling_begin(&scaling, now_ms);
    while ((progress = scaling_step(&scaling, &now, &outcome)) != SCALING_DONE)
        decided += progress == SCALING_DECIDED;
    return decided;
}

START_TEST(decision_is_recorded_when_it_is_new)
{
    ck_assert_uint_eq(tick(50), 1);
    ck_assert(outcome.is_logged);
    ck_assert_str_eq(outcome.group, "web");
    ck_assert_ptr_nonnull(strstr(outcome.record.why, "web"));
    ck_assert_uint_eq(rows.added, 1);
    tick(50);
    ck_assert(!outcome.is_logged);
    ck_assert_uint_eq(rows.added, 1);
}
END_TEST

START_TEST(order_is_queued_once_its_row_is_durable)
{
    for (unsigned i = 0; i < 20 && scaling.groups[0].last.action != ACTION_UP; i++)
        tick(95);
    ck_assert_int_eq(scaling.groups[0].last.action, ACTION_UP);
    ck_assert_int_eq(outcome.order_rc, 1);
    ck_assert(!hook_queue_slot(&queue, 0)->is_waiting);
    ck_assert(decision_rows_take(&rows));
    decision_rows_end(&rows, 0);
    actuation_synced(&scaling.actuation, &(struct moment){.now_ms = now_ms});
    ck_assert(hook_queue_slot(&queue, 0)->is_waiting);
    ck_assert_uint_eq(hook_queue_slot(&queue, 0)->waiting.to, scaling.groups[0].last.to);
}
END_TEST

START_TEST(each_decision_says_whether_the_next_ones_need_new_samples)
{
    const struct group_report *report = &registry_ensure_group(&registry, "web")->report;

    tick(50);
    ck_assert(report->is_urgent); /* the nodes warm up */
    ck_assert_uint_eq(report->live, NODES);
    for (unsigned i = 0; i < 3; i++)
        tick(50);
    ck_assert(!report->is_urgent);
    tick(95);
    ck_assert(report->is_urgent);
    for (unsigned i = 0; i < 3; i++)
        tick(20);
    ck_assert(!report->is_urgent);
}
END_TEST

START_TEST(a_group_that_only_a_schedule_names_gets_its_minimum)
{
    struct schedule schedule = schedule_initial;
    const struct group *batch = registry_ensure_group(&registry, "batch");

    strcpy(schedule.group, "batch");
    schedule.nodes_min = 3;
    config.schedules = &schedule;
    config.schedule_count = 1;
    for (unsigned i = 0; i < 20 && scaling.groups[batch->index].last.action != ACTION_UP; i++)
        tick(50);
    ck_assert_int_eq(scaling.groups[batch->index].last.action, ACTION_UP);
    ck_assert_uint_eq(scaling.groups[batch->index].last.to, 3);
    config.schedule_count = 0;
}
END_TEST

/* Without a saved state, and with a wall clock that has been set back since the start. */
START_TEST(ids_of_orders_are_no_older_than_the_start)
{
    scaling.parts.begun_wall_ms = 1700000500000;
    while (scaling.groups == NULL || scaling.groups[0].last.action != ACTION_UP)
        tick(95);
    ck_assert_uint_eq(scaling.groups[0].last.order_epoch, 1700000500000);
}
END_TEST

START_TEST(saved_state_is_restored)
{
    struct state_moment taken = {.boot = "boot", .wall_ms = 1700000000000};
    struct state_text text = {0};
    int64_t age_ms = 0;

    for (unsigned i = 0; i < ROLL_CALL_MS_MAX / TICK_MS + 1; i++)
        tick(50);
    unsigned desired = scaling.groups[0].last.desired;
    taken.mono_ms = now_ms;
    state_begin(&text, &taken);
    ck_assert(scaling_save(&scaling, 0, &text));
    ck_assert(!scaling_save(&scaling, 1, &text));
    ck_assert_int_eq(state_end(&text), 0);
    scaled_group_free_all(scaling.groups);
    taken.mono_ms += 5000;
    taken.wall_ms += 5000;
    ck_assert_int_eq(scaling_restore(&scaling, &text, &taken, &age_ms), 1);
    ck_assert_int_eq(age_ms, 5000);
    now_ms -= TICK_MS - 5000;
    tick(50);
    ck_assert(!outcome.is_logged);
    ck_assert_uint_eq(scaling.groups[0].last.desired, desired);
    text.text[text.len - 2] ^= 1;
    ck_assert_int_lt(scaling_restore(&scaling, &text, &taken, &age_ms), 0);
    free(text.text);
}
END_TEST

/* A collector that is killed between a tick and the save has published a number that its state does not know. */
START_TEST(a_number_published_after_the_state_was_taken_stands)
{
    struct state_moment taken = {.boot = "boot", .wall_ms = 1700000000000};
    struct state_text text = {0};
    int64_t age_ms = 0;

    config.settings.actuator = ACTUATOR_READER;
    for (unsigned i = 0; i < ROLL_CALL_MS_MAX / TICK_MS + 1 + 20; i++)
        tick(50);
    taken.mono_ms = now_ms;
    state_begin(&text, &taken);
    ck_assert(scaling_save(&scaling, 0, &text));
    ck_assert_int_eq(state_end(&text), 0);
    scaled_group_free_all(scaling.groups);
    ck_assert_int_eq(scaling_restore(&scaling, &text, &taken, &age_ms), 1);
    scaling_recall_published(&scaling, "web", 12, taken.wall_ms);
    scaling_recall_published(&scaling, "unknown", 12, taken.wall_ms + 1);
    tick(50);
    unsigned desired = scaling.groups[0].last.desired;
    ck_assert_uint_lt(desired, 5); /* the state knows better */
    scaling_recall_published(&scaling, "web", 5, taken.wall_ms + 1);
    scaling_recall_published(&scaling, "web", 4, taken.wall_ms + 1);
    tick(50);
    ck_assert_uint_eq(scaling.groups[0].last.desired, 5);
    free(text.text);
}
END_TEST

/* The row of the first order; ordering goes on. */
START_TEST(order_that_brings_nothing_is_given_up_once)
{
    unsigned given_up = 0;

    config.settings.actuator = ACTUATOR_READER;
    config.settings.nodes_max = 100;
    for (unsigned i = 0; i < 120; i++) {
        size_t before = rows.waiting_len;
        tick(95);
        if (outcome.given_up[0] == '\0')
            continue;
        given_up++;
        rows.waiting[rows.waiting_len] = '\0';
        ck_assert_ptr_nonnull(strstr(rows.waiting + before, ",given-up,\"web: the order is given up: "));
        ck_assert_ptr_nonnull(strstr(outcome.given_up, "ordered at least 3 times since "));
        ck_assert(!scaling.conditions.groups[0].of[CONDITION_ABLE_TO_SCALE].holds);
    }
    ck_assert_uint_eq(given_up, 1);
}
END_TEST

/* Whatever raises it: an order, or nodes that exist already and are wanted. */
START_TEST(reader_gets_a_number_once_its_row_is_durable)
{
    const struct moment now = {.wall_ms = 1700000000000};
    const struct decision_history_group *web = &history.groups[0];
    unsigned desired = 0;

    config.settings.actuator = ACTUATOR_READER;
    for (unsigned i = 0; i < ROLL_CALL_MS_MAX / TICK_MS + 1 + 20; i++)
        tick(50);
    ck_assert_uint_eq(scaling.groups[0].last.desired, NODES);
    ck_assert(!decision_history_desired(web, &desired)); /* no row is durable yet */
    uint64_t changes = history.changes;
    ck_assert(decision_rows_take(&rows));
    decision_rows_end(&rows, 0);
    scaling_synced(&scaling, &now);
    ck_assert(decision_history_desired(web, &desired));
    ck_assert_uint_eq(desired, NODES);
    ck_assert_uint_eq(history.changes, changes + 1);
    while (scaling.groups[0].last.action != ACTION_UP)
        tick(95);
    ck_assert_uint_gt(scaling.groups[0].last.desired, NODES);
    ck_assert(decision_history_desired(web, &desired));
    ck_assert_uint_eq(desired, NODES);
    ck_assert(decision_rows_take(&rows));
    decision_rows_end(&rows, 0);
    scaling_synced(&scaling, &now);
    ck_assert(decision_history_desired(web, &desired));
    ck_assert_uint_eq(desired, scaling.groups[0].last.desired);
}
END_TEST

START_TEST(what_became_of_a_node_is_saved_with_the_state)
{
    struct state_moment taken = {.boot = "boot", .wall_ms = 1700000000000};
    struct state_text text = {0};
    int64_t age_ms = 0;

    tick(50);
    taken.mono_ms = now_ms;
    struct node *left = registry_find_node(&registry, "n0");
    membership_on_goodbye(&registry, left, FAREWELL_LEAVING, now_ms);
    state_begin(&text, &taken);
    for (unsigned step = 0; step < SCALING_NODE_STEPS; step++)
        scaling_save_nodes(&scaling, step, &taken, &text);
    ck_assert(scaling_save(&scaling, 0, &text));
    ck_assert_int_eq(state_end(&text), 0);
    ck_assert_ptr_nonnull(strstr(text.text, "\nnode n0 leaving 1700000000000 - 1000 0 1699999985000\n"));
    ck_assert_ptr_nonnull(strstr(text.text, "\nnode n1 present 1700000000000 - 1000 0 1699999985000\n"));
    left->farewell = FAREWELL_NONE;
    registry.groups[0]->roll_call = (struct roll_call){0};
    scaled_group_free_all(scaling.groups);
    ck_assert_int_eq(scaling_restore(&scaling, &text, &taken, &age_ms), 1);
    ck_assert_int_eq(left->farewell, FAREWELL_LEAVING);
    ck_assert_int_eq(left->farewell_ms, now_ms);
    ck_assert(registry.groups[0]->roll_call.has_state);
    free(text.text);
}
END_TEST

/* ---- signals ---- */

static struct signal_settings jobs;

/* A group with a signal of a program, and the index of its place. */
static unsigned add_jobs(const char *group, unsigned nodes_min)
{
    static struct group_config section;

    section = (struct group_config){.settings = config.settings};
    strcpy(section.name, group);
    section.settings.nodes_min = nodes_min;
    section.settings.may_be_empty = true;
    section.settings.stabilization_ms = 4 * (int64_t)TICK_MS;
    section.settings.lead_time_ms = 2 * (int64_t)TICK_MS;
    jobs = signal_settings_initial;
    strcpy(jobs.name, "jobs");
    strcpy(jobs.group, group);
    strcpy(jobs.program, "/jobs");
    jobs.per_node = 10;
    config.groups = &section;
    config.group_count = 1;
    config.signals = &jobs;
    config.signal_count = 1;
    scaling_reconfigure(&scaling, &config, now_ms);
    return registry_ensure_group(&registry, group)->index;
}

static void take_line(const char *text)
{
    struct feed_line line;
    char error[256];

    ck_assert_int_eq(feed_line_parse(text, strlen(text), &line, error, sizeof error), 0);
    ck_assert_int_eq(signal_table_take(&scaling.signals, &line, now_ms + TICK_MS), 0);
}

static void answer_counts(const struct moment *now)
{
    const char *program = NULL;
    int index = -1;

    while ((index = actuation_ask_count(&scaling.actuation, now->now_ms, &program)) >= 0)
        actuation_counted(&scaling.actuation, (unsigned)index, NULL, HOOK_CANT_SAY, now);
}

/* The hook carries out what is ordered, and can't count. Returns the number of nodes, *exist without an order. */
static unsigned carry_out(unsigned exist)
{
    const struct moment now = {.now_ms = now_ms, .wall_ms = 1700000000000};
    struct hook_result result = {.verdict = HOOK_ACCEPTED};

    if (decision_rows_take(&rows))
        decision_rows_end(&rows, 0);
    scaling_synced(&scaling, &now);
    answer_counts(&now);
    int index = hook_queue_next(&queue, (uint64_t)now_ms);
    if (index < 0)
        return exist;
    const struct hook_order *order = &hook_queue_slot(&queue, (unsigned)index)->running;
    unsigned to = order->to;
    ck_assert_uint_eq(order->node_count, 0);
    ck_assert_ptr_nonnull(actuation_begin(&scaling.actuation, (unsigned)index, &now));
    (void)hook_queue_end(&queue, (unsigned)index, HOOK_END_WELL, (uint64_t)now_ms);
    actuation_ended(&scaling.actuation, (unsigned)index, &result, &now);
    return to;
}

/* So many ticks at which the signal has this value, and the nodes follow the orders at once. */
static unsigned run_jobs(unsigned value, unsigned exist, unsigned ticks)
{
    char line[64];

    for (unsigned i = 0; i < ticks; i++) {
        snprintf(line, sizeof line, "signal jobs %u 0 nodes %u", value, exist);
        take_line(line);
        tick(50);
        exist = carry_out(exist);
    }
    return exist;
}

START_TEST(a_group_without_agents_follows_its_signal_up_and_down)
{
    unsigned batch = add_jobs("batch", 1);
    unsigned exist = run_jobs(50, 2, 8);
    const struct decision *last = &scaling.groups[batch].last;

    ck_assert_uint_ge(exist, 7); /* 50 / (10 x 70 %) is 7.1, and at 80 % 6.25 */
    ck_assert_uint_le(exist, 9);
    ck_assert_uint_eq(last->observed.live, exist);
    ck_assert_ptr_nonnull(strstr(scaling.conditions.groups[batch].of[CONDITION_DATA_COMPLETE].why, "without agents"));
    ck_assert_int_eq(last->settings.victims, VICTIMS_ANY);
    exist = run_jobs(10, exist, 60);
    ck_assert_uint_le(exist, 3);
    ck_assert_uint_ge(exist, 2);
}
END_TEST

START_TEST(a_missing_signal_keeps_the_nodes_of_a_group_without_agents)
{
    unsigned batch = add_jobs("batch", 1);
    unsigned exist = run_jobs(50, 7, 8);

    take_line("missing jobs the queue does not answer");
    for (unsigned i = 0; i < 20; i++) {
        tick(50);
        ck_assert_uint_eq(carry_out(exist), exist);
    }
    ck_assert_uint_eq(scaling.groups[batch].last.observed.live, exist);
    ck_assert(!scaling.conditions.groups[batch].of[CONDITION_SIGNALS_FRESH].holds);
    ck_assert_str_eq(scaling.conditions.groups[batch].of[CONDITION_SIGNALS_FRESH].why,
                     "jobs: the queue does not answer");
}
END_TEST

START_TEST(a_group_goes_to_zero_and_comes_back)
{
    unsigned batch = add_jobs("batch", 0);
    unsigned exist = run_jobs(50, 0, 8);
    unsigned desired = 99;

    ck_assert_uint_ge(exist, 7);
    exist = run_jobs(0, exist, 60);
    ck_assert_uint_eq(exist, 0);
    ck_assert(decision_history_desired(&history.groups[batch], &desired));
    ck_assert_uint_eq(desired, 0);
    ck_assert(scaling.conditions.groups[batch].of[CONDITION_DATA_COMPLETE].holds);
    exist = run_jobs(0, exist, 20);
    ck_assert_uint_eq(exist, 0);
    exist = run_jobs(1, exist, 1);
    ck_assert_uint_eq(exist, 1);
}
END_TEST

START_TEST(a_group_with_agents_goes_by_cpu_and_by_its_signal)
{
    unsigned web = add_jobs("web", 1);

    for (unsigned i = 0; i < 10; i++) {
        take_line("signal jobs 60 0");
        tick(20);
    }
    ck_assert_int_eq(scaling.groups[web].last.observed.signal[0].state, SIGNAL_PRESENT);
    ck_assert_uint_ge(scaling.groups[web].last.raw, 8); /* 60 / (10 x 70 %) */
    ck_assert_int_ne(scaling.groups[web].last.settings.victims, VICTIMS_ANY);
    ck_assert_str_eq(decision_resource_name(&scaling.groups[web].last, scaling.groups[web].last.resource), "jobs");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scaling");

    CASES_ADD(suite, "scaling", begin, end, decision_is_recorded_when_it_is_new,
              each_decision_says_whether_the_next_ones_need_new_samples, order_is_queued_once_its_row_is_durable,
              a_group_that_only_a_schedule_names_gets_its_minimum, ids_of_orders_are_no_older_than_the_start,
              saved_state_is_restored, a_number_published_after_the_state_was_taken_stands,
              reader_gets_a_number_once_its_row_is_durable, order_that_brings_nothing_is_given_up_once,
              what_became_of_a_node_is_saved_with_the_state, a_group_without_agents_follows_its_signal_up_and_down,
              a_missing_signal_keeps_the_nodes_of_a_group_without_agents, a_group_goes_to_zero_and_comes_back,
              a_group_with_agents_goes_by_cpu_and_by_its_signal);
    return suite_run(suite);
}
