#include "collector/store/store_plan.h"

#include "common/limits.h"
#include "support/suite.h"

#define FLUSH_MS 500U
#define RETRY_MS 1000U
#define SYNC_MS  3000

static struct store_plan plan;
static uint64_t now_ms;

static void begin(void)
{
    now_ms = 10000;
    store_plan_init(&plan, FLUSH_MS, SYNC_ALWAYS);
}

static void begin_with(int64_t sync_ms)
{
    store_plan_init(&plan, FLUSH_MS, sync_ms);
}

/* ---- events ---- */

static enum store_action rows_come(bool flush_now)
{
    return store_plan_poke(&plan, now_ms, true, flush_now);
}

static enum store_action tick_at(uint64_t at_ms, bool waiting)
{
    now_ms = at_ms;
    return store_plan_tick(&plan, now_ms, waiting);
}

static unsigned written(struct store_written result)
{
    return store_plan_on_written(&plan, now_ms, &result);
}

static enum store_action next(bool waiting)
{
    return store_plan_continue(&plan, now_ms, waiting);
}

/* A write of that many rows that goes well, as the plan wants it; nothing waits behind it. */
static void write_rows(uint32_t rows)
{
    ck_assert_int_eq(rows_come(true), STORE_DO_WRITE);
    ck_assert_uint_eq(written((struct store_written){.rows = rows, .synced = store_plan_syncs(&plan)}), 0);
    ck_assert_int_eq(next(false), STORE_DO_NOTHING);
}

static void reach(enum store_state state)
{
    if (state == STORE_GATHERING)
        ck_assert_int_eq(rows_come(false), STORE_DO_NOTHING);
    if (state == STORE_WRITING || state == STORE_RETRYING)
        ck_assert_int_eq(rows_come(true), STORE_DO_WRITE);
    if (state == STORE_RETRYING)
        ck_assert_uint_eq(written((struct store_written){.rc = -5, .rows = 1}), STORE_HELD);
    if (state == STORE_SYNCING) {
        begin_with(SYNC_NEVER);
        write_rows(7);
        ck_assert_int_eq(store_plan_set_sync(&plan, now_ms, SYNC_ALWAYS), STORE_DO_SYNC);
    }
    ck_assert_int_eq(plan.state, state);
}

/* ---- each event in each state ---- */

static const struct {
    enum store_state state;
    enum store_action poke;
    enum store_action poke_now;
    enum store_action drain_rows;
    enum store_action drain_nothing;
    bool busy;
    uint64_t due_in_ms;
} table[] = {
    {STORE_IDLE, STORE_DO_NOTHING, STORE_DO_WRITE, STORE_DO_WRITE, STORE_DO_REPORT_DRAINED, false, STORE_PLAN_NEVER},
    {STORE_GATHERING, STORE_DO_NOTHING, STORE_DO_WRITE, STORE_DO_WRITE, STORE_DO_REPORT_DRAINED, false, FLUSH_MS},
    {STORE_WRITING, STORE_DO_NOTHING, STORE_DO_NOTHING, STORE_DO_NOTHING, STORE_DO_NOTHING, true, STORE_PLAN_NEVER},
    {STORE_SYNCING, STORE_DO_NOTHING, STORE_DO_NOTHING, STORE_DO_NOTHING, STORE_DO_NOTHING, true, STORE_PLAN_NEVER},
    {STORE_RETRYING, STORE_DO_NOTHING, STORE_DO_NOTHING, STORE_DO_NOTHING, STORE_DO_NOTHING, false, RETRY_MS},
};

#define ROWS ((int)(sizeof table / sizeof *table))

START_TEST(each_state_answers_rows)
{
    reach(table[_i].state);
    ck_assert_int_eq(store_plan_poke(&plan, now_ms, false, false), STORE_DO_NOTHING);
    ck_assert_int_eq(plan.state, table[_i].state);
    ck_assert_int_eq(rows_come(false), table[_i].poke);
    begin();
    reach(table[_i].state);
    ck_assert_int_eq(rows_come(true), table[_i].poke_now);
}
END_TEST

START_TEST(each_state_answers_drain)
{
    reach(table[_i].state);
    ck_assert_int_eq(store_plan_drain(&plan, now_ms, true), table[_i].drain_rows);
    begin();
    reach(table[_i].state);
    ck_assert_int_eq(store_plan_drain(&plan, now_ms, false), table[_i].drain_nothing);
    ck_assert(store_plan_syncs(&plan));
}
END_TEST

START_TEST(each_state_has_its_timer)
{
    reach(table[_i].state);
    uint64_t due_ms = table[_i].due_in_ms == STORE_PLAN_NEVER ? STORE_PLAN_NEVER : now_ms + table[_i].due_in_ms;
    ck_assert_uint_eq(store_plan_due_ms(&plan), due_ms);
    ck_assert(store_plan_is_busy(&plan) == table[_i].busy);
    ck_assert_int_eq(store_plan_tick(&plan, now_ms, true), STORE_DO_NOTHING); /* too early */
}
END_TEST

START_TEST(each_state_ends_with_close)
{
    reach(table[_i].state);
    store_plan_close(&plan);
    ck_assert_uint_eq(store_plan_due_ms(&plan), STORE_PLAN_NEVER);
    ck_assert_int_eq(rows_come(true), STORE_DO_NOTHING);
    ck_assert_int_eq(tick_at(now_ms + 100000, true), STORE_DO_NOTHING);
    ck_assert_int_eq(store_plan_drain(&plan, now_ms, true), STORE_DO_NOTHING);
    ck_assert_int_eq(next(true), STORE_DO_NOTHING);
}
END_TEST

/* ---- flush ---- */

START_TEST(flush_timer_counts_from_the_first_row)
{
    rows_come(false);
    now_ms += 100;
    rows_come(false);
    ck_assert_uint_eq(store_plan_due_ms(&plan), 10000 + FLUSH_MS);
    ck_assert_int_eq(tick_at(10000 + FLUSH_MS, true), STORE_DO_WRITE);
    ck_assert_uint_eq(plan.writing_since_ms, 10000);
}
END_TEST

START_TEST(rows_that_come_during_a_write_are_gathered_after_it)
{
    reach(STORE_WRITING);
    now_ms += 50;
    rows_come(false);
    now_ms += 50;
    written((struct store_written){.rows = 1, .synced = true});
    ck_assert_int_eq(next(true), STORE_DO_NOTHING);
    ck_assert_int_eq(plan.state, STORE_GATHERING);
    ck_assert_int_eq(tick_at(now_ms + FLUSH_MS, true), STORE_DO_WRITE);
    ck_assert_uint_eq(plan.writing_since_ms, 10050);
}
END_TEST

START_TEST(flush_now_during_a_write_is_remembered)
{
    reach(STORE_WRITING);
    rows_come(true);
    written((struct store_written){.rows = 1, .synced = true});
    ck_assert_int_eq(next(true), STORE_DO_WRITE);
    ck_assert(!plan.flush_now);
}
END_TEST

START_TEST(flush_timer_without_rows_ends)
{
    reach(STORE_GATHERING);
    ck_assert_int_eq(tick_at(now_ms + FLUSH_MS, false), STORE_DO_NOTHING);
    ck_assert_int_eq(plan.state, STORE_IDLE);
    ck_assert_uint_eq(store_plan_due_ms(&plan), STORE_PLAN_NEVER);
}
END_TEST

/* ---- failures ---- */

START_TEST(failed_write_is_held_and_retried_until_it_succeeds)
{
    reach(STORE_RETRYING);
    ck_assert(plan.held);
    ck_assert_int_eq(next(true), STORE_DO_NOTHING);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(tick_at(now_ms + RETRY_MS, true), STORE_DO_RETRY);
        ck_assert_uint_eq(written((struct store_written){.rc = -28, .rows = 1}), 0);
    }
    ck_assert_int_eq(tick_at(now_ms + RETRY_MS, false), STORE_DO_RETRY);
    ck_assert_uint_eq(written((struct store_written){.rows = 1, .synced = true}), STORE_RELEASED);
    ck_assert(!plan.held);
    ck_assert_int_eq(next(false), STORE_DO_NOTHING);
}
END_TEST

START_TEST(write_that_fails_after_close_is_not_retried)
{
    reach(STORE_WRITING);
    store_plan_close(&plan);
    ck_assert_uint_eq(written((struct store_written){.rc = -5, .rows = 1}), STORE_HELD);
    ck_assert_uint_eq(store_plan_due_ms(&plan), STORE_PLAN_NEVER);
}
END_TEST

/* ---- sync ---- */

START_TEST(always_syncs_each_write)
{
    ck_assert(store_plan_syncs(&plan));
    write_rows(5);
    ck_assert_uint_eq(plan.unsynced_rows, 0);
    ck_assert_uint_eq(store_plan_due_ms(&plan), STORE_PLAN_NEVER);
}
END_TEST

START_TEST(never_has_no_sync_timer)
{
    begin_with(SYNC_NEVER);
    ck_assert(!store_plan_syncs(&plan));
    write_rows(5);
    write_rows(6);
    ck_assert_uint_eq(plan.unsynced_rows, 11);
    ck_assert_uint_eq(store_plan_due_ms(&plan), STORE_PLAN_NEVER);
}
END_TEST

START_TEST(sync_timer_counts_from_the_first_row_that_is_not_synced)
{
    begin_with(SYNC_MS);
    write_rows(5);
    now_ms += 1000;
    write_rows(6);
    ck_assert_uint_eq(store_plan_due_ms(&plan), 10000 + SYNC_MS);
    ck_assert_int_eq(tick_at(10000 + SYNC_MS, false), STORE_DO_SYNC);
    ck_assert_uint_eq(store_plan_on_synced(&plan, false), 0);
    ck_assert_int_eq(next(false), STORE_DO_NOTHING);
    ck_assert_int_eq(plan.state, STORE_IDLE);
    ck_assert_uint_eq(plan.unsynced_rows, 0);
    ck_assert_uint_eq(store_plan_due_ms(&plan), STORE_PLAN_NEVER);
}
END_TEST

START_TEST(rows_that_come_during_a_sync_are_written_at_once_after_it)
{
    reach(STORE_SYNCING);
    rows_come(false);
    store_plan_on_synced(&plan, false);
    ck_assert_int_eq(next(true), STORE_DO_WRITE);
}
END_TEST

START_TEST(sync_timer_during_a_write_syncs_after_it)
{
    begin_with(SYNC_MS);
    write_rows(5);
    reach(STORE_WRITING);
    ck_assert_int_eq(tick_at(10000 + SYNC_MS, true), STORE_DO_NOTHING);
    written((struct store_written){.rows = 1});
    ck_assert_int_eq(next(true), STORE_DO_SYNC);
}
END_TEST

START_TEST(sync_timer_while_a_write_fails_syncs_with_the_retry)
{
    begin_with(SYNC_MS);
    write_rows(5);
    reach(STORE_RETRYING);
    plan.timer_ms = 10000 + 2 * SYNC_MS;
    ck_assert_int_eq(tick_at(10000 + SYNC_MS, true), STORE_DO_NOTHING);
    ck_assert_int_eq(tick_at(10000 + 2 * SYNC_MS, true), STORE_DO_RETRY);
    ck_assert(store_plan_syncs(&plan));
    ck_assert_uint_eq(written((struct store_written){.rows = 1, .synced = true}), STORE_RELEASED);
    ck_assert_int_eq(next(false), STORE_DO_NOTHING);
    ck_assert_uint_eq(plan.unsynced_rows, 0);
}
END_TEST

START_TEST(rotation_syncs_what_was_written_before_it)
{
    begin_with(SYNC_MS);
    write_rows(5);
    now_ms += 1000;
    rows_come(true);
    written((struct store_written){.rows = 3, .rotated = true});
    ck_assert_uint_eq(plan.unsynced_rows, 3);
    ck_assert_uint_eq(store_plan_due_ms(&plan), now_ms + SYNC_MS);
}
END_TEST

START_TEST(change_of_sync_takes_effect_at_once)
{
    begin_with(SYNC_NEVER);
    write_rows(5);
    ck_assert_int_eq(store_plan_set_sync(&plan, now_ms, SYNC_MS), STORE_DO_NOTHING);
    ck_assert_uint_eq(store_plan_due_ms(&plan), now_ms + SYNC_MS);
    ck_assert_int_eq(store_plan_set_sync(&plan, now_ms, SYNC_NEVER), STORE_DO_NOTHING);
    ck_assert_uint_eq(store_plan_due_ms(&plan), STORE_PLAN_NEVER);
    ck_assert_int_eq(store_plan_set_sync(&plan, now_ms, SYNC_ALWAYS), STORE_DO_SYNC);
}
END_TEST

START_TEST(after_a_lost_sync_each_write_is_synced_until_one_succeeds)
{
    begin_with(SYNC_MS);
    write_rows(5);
    ck_assert_int_eq(tick_at(10000 + SYNC_MS, false), STORE_DO_SYNC);
    ck_assert_uint_eq(store_plan_on_synced(&plan, true), STORE_LOST_SYNC);
    ck_assert_uint_eq(plan.rows_at_risk, 5);
    ck_assert_int_eq(next(false), STORE_DO_NOTHING);
    ck_assert(store_plan_syncs(&plan));

    reach(STORE_RETRYING);
    ck_assert(store_plan_syncs(&plan));
    tick_at(now_ms + RETRY_MS, true);
    ck_assert_uint_eq(written((struct store_written){.rows = 2, .synced = true}), STORE_RELEASED | STORE_SYNC_BACK);
    ck_assert(!store_plan_syncs(&plan));
    ck_assert_uint_eq(plan.unsynced_rows, 0);
}
END_TEST

START_TEST(rotation_that_loses_a_sync_and_succeeds_is_reported)
{
    begin_with(SYNC_NEVER);
    write_rows(4);
    rows_come(true);
    ck_assert_uint_eq(written((struct store_written){.rows = 5, .synced = true, .rotated = true, .lost_sync = true}),
                      STORE_LOST_SYNC | STORE_SYNC_BACK);
    ck_assert_uint_eq(plan.rows_at_risk, 4);
    ck_assert_uint_eq(plan.unsynced_rows, 0);
}
END_TEST

/* ---- drain ---- */

START_TEST(drain_writes_both_halves_and_reports)
{
    reach(STORE_WRITING);
    rows_come(false);
    store_plan_drain(&plan, now_ms, true);
    written((struct store_written){.rows = 1, .synced = true});
    ck_assert_int_eq(next(true), STORE_DO_WRITE);
    written((struct store_written){.rows = 1, .synced = true});
    ck_assert_int_eq(next(false), STORE_DO_REPORT_DRAINED);
}
END_TEST

START_TEST(drain_syncs_what_counts_as_stored)
{
    begin_with(SYNC_NEVER);
    write_rows(4);
    ck_assert_int_eq(store_plan_drain(&plan, now_ms, false), STORE_DO_SYNC);
    store_plan_on_synced(&plan, false);
    ck_assert_int_eq(next(false), STORE_DO_REPORT_DRAINED);
}
END_TEST

START_TEST(drain_waits_for_a_disk_that_fails)
{
    reach(STORE_RETRYING);
    ck_assert_int_eq(store_plan_drain(&plan, now_ms, false), STORE_DO_NOTHING);
    ck_assert_int_eq(tick_at(now_ms + RETRY_MS, false), STORE_DO_RETRY);
    written((struct store_written){.rows = 1, .synced = true});
    ck_assert_int_eq(next(false), STORE_DO_REPORT_DRAINED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_plan");
    TCase *tests = tcase_create("store_plan");

    tcase_add_checked_fixture(tests, begin, NULL);
    tcase_add_loop_test(tests, each_state_answers_rows, 0, ROWS);
    tcase_add_loop_test(tests, each_state_answers_drain, 0, ROWS);
    tcase_add_loop_test(tests, each_state_has_its_timer, 0, ROWS);
    tcase_add_loop_test(tests, each_state_ends_with_close, 0, ROWS);
    tcase_add_test(tests, flush_timer_counts_from_the_first_row);
    tcase_add_test(tests, rows_that_come_during_a_write_are_gathered_after_it);
    tcase_add_test(tests, flush_now_during_a_write_is_remembered);
    tcase_add_test(tests, flush_timer_without_rows_ends);
    tcase_add_test(tests, failed_write_is_held_and_retried_until_it_succeeds);
    tcase_add_test(tests, write_that_fails_after_close_is_not_retried);
    tcase_add_test(tests, always_syncs_each_write);
    tcase_add_test(tests, never_has_no_sync_timer);
    tcase_add_test(tests, sync_timer_counts_from_the_first_row_that_is_not_synced);
    tcase_add_test(tests, rows_that_come_during_a_sync_are_written_at_once_after_it);
    tcase_add_test(tests, sync_timer_during_a_write_syncs_after_it);
    tcase_add_test(tests, sync_timer_while_a_write_fails_syncs_with_the_retry);
    tcase_add_test(tests, rotation_syncs_what_was_written_before_it);
    tcase_add_test(tests, change_of_sync_takes_effect_at_once);
    tcase_add_test(tests, after_a_lost_sync_each_write_is_synced_until_one_succeeds);
    tcase_add_test(tests, rotation_that_loses_a_sync_and_succeeds_is_reported);
    tcase_add_test(tests, drain_writes_both_halves_and_reports);
    tcase_add_test(tests, drain_syncs_what_counts_as_stored);
    tcase_add_test(tests, drain_waits_for_a_disk_that_fails);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
