/* Which collector is tried when, and what each event of a connection leads to. */
#include "agent/uplink/uplink_plan.h"

#include "support/suite.h"

#include <check.h>
#include <stdio.h>

#define SEED     42U
#define START_MS UINT64_C(1000000)
#define ACK_MS   5000U

static struct sender sender;
static struct uplink_plan plan;
static uint64_t now_ms;

static void begin(unsigned count)
{
    now_ms = START_MS;
    sender = (struct sender){.ack_interval_ms = ACK_MS};
    uplink_plan_init(&plan, &sender, count, SEED, now_ms);
}

/* The session of a connected collector, as far as the plan looks at it. */
static void open_session(void)
{
    sender.state = SENDER_STREAMING;
    sender.heard_ms = sender.sent_ms = now_ms;
    sender.stored_seq = 0;
    ck_assert_int_eq(uplink_plan_on_connected(&plan), UPLINK_DO_PUMP);
}

static void dial(unsigned collector)
{
    now_ms = plan.collectors[plan.next].not_before_ms > now_ms ? plan.collectors[plan.next].not_before_ms : now_ms;
    ck_assert_int_eq(uplink_plan_on_time(&plan, now_ms), UPLINK_DO_DIAL);
    ck_assert_int_eq(plan.state, UPLINK_DIALING);
    ck_assert_uint_eq(plan.current, collector);
}

static void connect_to(unsigned collector)
{
    dial(collector);
    open_session();
    ck_assert_int_eq(uplink_plan_on_sender(&plan, SENDER_WELCOME, now_ms), UPLINK_DO_RECEIVE);
}

static void lose(void)
{
    ck_assert_int_eq(uplink_plan_on_lost(&plan, "test", now_ms), UPLINK_DO_DROP);
}

static void assert_delay(unsigned collector, uint64_t min_ms, uint64_t max_ms)
{
    ck_assert_uint_ge(plan.collectors[collector].not_before_ms, now_ms + min_ms);
    ck_assert_uint_le(plan.collectors[collector].not_before_ms, now_ms + max_ms);
}

/* ---- what each event leads to ---- */

START_TEST(first_attempt_is_due_at_once)
{
    begin(3);
    ck_assert_int_eq(plan.state, UPLINK_WAITING);
    ck_assert_uint_le(uplink_plan_due_ms(&plan, now_ms), now_ms);
    dial(0);
    ck_assert_uint_eq(uplink_plan_due_ms(&plan, now_ms), UINT64_MAX);
    ck_assert_int_eq(uplink_plan_on_time(&plan, now_ms), UPLINK_DO_WAIT);
}
END_TEST

START_TEST(timer_that_fires_early_waits_on)
{
    begin(1);
    dial(0);
    open_session();
    lose();
    ck_assert_int_eq(uplink_plan_on_time(&plan, plan.collectors[0].not_before_ms - 1), UPLINK_DO_WAIT);
    ck_assert_int_eq(uplink_plan_on_time(&plan, plan.collectors[0].not_before_ms), UPLINK_DO_DIAL);
}
END_TEST

/* Each end of an attempt or connection, and the delay of that collector: with the backoff of a first failure, which is
 * 100 to 200 ms, or a minimum and up to a quarter of it. */
struct ending {
    enum sender_event event;
    Headroom__Action action; /* of a Reject */
    const char *what;        /* NULL: no failure */
    uint64_t min_ms, max_ms;
};

static const struct ending endings[] = {
    {SENDER_REJECTED, HEADROOM__ACTION__ACTION_RETRY, "rejected by", 100, 200},
    {SENDER_REJECTED, HEADROOM__ACTION__ACTION_NEXT_COLLECTOR, "rejected by", 1000, 1250},
    {SENDER_REJECTED, HEADROOM__ACTION__ACTION_RETRY_SLOWLY, "rejected by", 60000, 75000},
    {SENDER_AHEAD, 0, "left", 100, 200},
    {SENDER_NO_MEMORY, 0, "lost", 100, 200},
    {SENDER_BROKEN, 0, "lost", 1000, 1250},
};

START_TEST(failure_delays_the_collector_by_its_reason)
{
    const struct ending *ending = &endings[_i];

    begin(1);
    connect_to(0);
    sender.reject.action = ending->action;
    ck_assert_int_eq(uplink_plan_on_sender(&plan, ending->event, now_ms), UPLINK_DO_DROP);
    ck_assert_int_eq(plan.state, UPLINK_WAITING);
    ck_assert_str_eq(plan.what, ending->what);
    ck_assert_ptr_nonnull(plan.why);
    assert_delay(0, ending->min_ms, ending->max_ms);
    ck_assert_uint_eq(uplink_plan_due_ms(&plan, now_ms), plan.collectors[0].not_before_ms);
}
END_TEST

START_TEST(reject_text_is_the_reason)
{
    begin(1);
    connect_to(0);
    snprintf(sender.reject.text, sizeof sender.reject.text, "full");
    uplink_plan_on_sender(&plan, SENDER_REJECTED, now_ms);
    ck_assert_str_eq(plan.why, "full");
}
END_TEST

START_TEST(untrusted_collector_is_left_for_a_minute)
{
    begin(1);
    connect_to(0);
    ck_assert_int_eq(uplink_plan_on_untrusted(&plan, "it does not encrypt", now_ms), UPLINK_DO_DROP);
    ck_assert_str_eq(plan.what, "can't trust");
    ck_assert_str_eq(plan.why, "it does not encrypt");
    assert_delay(0, 60000, 75000);
}
END_TEST

START_TEST(unreachable_collector_is_left_for_a_second)
{
    begin(1);
    dial(0);
    ck_assert_int_eq(uplink_plan_on_unreachable(&plan, "can't resolve", "no such name", now_ms), UPLINK_DO_DROP);
    ck_assert_str_eq(plan.what, "can't resolve");
    ck_assert_str_eq(plan.why, "no such name");
    assert_delay(0, 1000, 1250);
}
END_TEST

START_TEST(lost_connection_is_tried_again_after_the_backoff)
{
    begin(1);
    connect_to(0);
    lose();
    ck_assert_str_eq(plan.what, "lost");
    assert_delay(0, 100, 200);
}
END_TEST

START_TEST(end_of_an_earlier_run_is_no_failure)
{
    begin(2);
    connect_to(0);
    ck_assert_int_eq(uplink_plan_on_sender(&plan, SENDER_PAST, now_ms), UPLINK_DO_DROP);
    ck_assert_ptr_null(plan.what);
    ck_assert_uint_le(uplink_plan_due_ms(&plan, now_ms), now_ms);
    dial(0);
}
END_TEST

START_TEST(bytes_are_received_to_the_end_and_then_answered)
{
    begin(1);
    connect_to(0);
    ck_assert_int_eq(uplink_plan_on_sender(&plan, SENDER_ACK, now_ms), UPLINK_DO_RECEIVE);
    ck_assert_int_eq(uplink_plan_on_sender(&plan, SENDER_NOTHING, now_ms), UPLINK_DO_PUMP);
}
END_TEST

/* ---- writing ---- */

START_TEST(nothing_is_written_before_the_last_frame_is)
{
    begin(1);
    ck_assert(!uplink_plan_may_write(&plan));
    connect_to(0);
    ck_assert(uplink_plan_may_write(&plan));
    uplink_plan_on_write_pending(&plan);
    ck_assert(!uplink_plan_may_write(&plan));
    ck_assert(uplink_plan_connected(&plan));
    ck_assert_int_eq(uplink_plan_on_written(&plan), UPLINK_DO_PUMP);
    ck_assert(uplink_plan_may_write(&plan));
}
END_TEST

START_TEST(write_that_ends_after_the_connection_changes_nothing)
{
    begin(1);
    connect_to(0);
    uplink_plan_on_write_pending(&plan);
    lose();
    ck_assert_int_eq(uplink_plan_on_written(&plan), UPLINK_DO_WAIT);
    ck_assert_int_eq(plan.state, UPLINK_WAITING);
    uplink_plan_close(&plan);
    ck_assert_int_eq(uplink_plan_on_lost(&plan, "broken pipe", now_ms), UPLINK_DO_WAIT);
    ck_assert_int_eq(plan.state, UPLINK_CLOSED);
}
END_TEST

/* ---- deadlines ---- */

START_TEST(sign_of_life_is_due_each_ack_interval)
{
    begin(1);
    connect_to(0);
    ck_assert_uint_eq(uplink_plan_due_ms(&plan, now_ms), now_ms + ACK_MS);
    ck_assert_int_eq(uplink_plan_on_time(&plan, now_ms + ACK_MS), UPLINK_DO_PUMP);
}
END_TEST

START_TEST(silent_collector_is_left_once_nothing_is_left_to_read)
{
    begin(1);
    connect_to(0);
    now_ms += (uint64_t)SILENT_ACK_INTERVALS * ACK_MS;
    ck_assert_int_eq(uplink_plan_on_time(&plan, now_ms), UPLINK_DO_WAIT);
    ck_assert_uint_eq(uplink_plan_due_ms(&plan, now_ms), now_ms + 1);
    ck_assert_int_eq(uplink_plan_on_time(&plan, now_ms + 1), UPLINK_DO_DROP);
    ck_assert_str_eq(plan.why, "no data received for three ack intervals");
}
END_TEST

START_TEST(collector_heard_from_meanwhile_stays)
{
    begin(1);
    connect_to(0);
    for (unsigned i = 0; i < 3; i++) {
        now_ms += (uint64_t)SILENT_ACK_INTERVALS * ACK_MS;
        ck_assert_int_eq(uplink_plan_on_time(&plan, now_ms), UPLINK_DO_WAIT);
        sender.heard_ms = now_ms;
        ck_assert_int_eq(uplink_plan_on_sender(&plan, SENDER_ACK, now_ms), UPLINK_DO_RECEIVE);
        ck_assert_int_eq(uplink_plan_on_time(&plan, now_ms + 1), UPLINK_DO_PUMP);
    }
}
END_TEST

/* The bytes of a frame that is never whole do not help. */
START_TEST(collector_that_sends_no_welcome_is_left_for_the_next_one)
{
    begin(2);
    connect_to(0);
    sender.state = SENDER_WAITING;
    now_ms += GREETING_MS_MAX;
    ck_assert_int_eq(uplink_plan_on_time(&plan, now_ms), UPLINK_DO_WAIT);
    ck_assert_int_eq(uplink_plan_on_sender(&plan, SENDER_NOTHING, now_ms), UPLINK_DO_PUMP);
    ck_assert_int_eq(uplink_plan_on_time(&plan, now_ms + 1), UPLINK_DO_DROP);
    ck_assert_str_eq(plan.why, "it has sent no Welcome");
    ck_assert_uint_eq(plan.next, 1);
}
END_TEST

/* ---- backoff ---- */

START_TEST(backoff_doubles_up_to_ten_seconds)
{
    begin(1);
    for (unsigned i = 0; i < 10; i++) {
        uint64_t ceiling_ms = UINT64_C(200) << i < 10000 ? UINT64_C(200) << i : 10000;
        connect_to(0);
        lose();
        assert_delay(0, ceiling_ms / 2, ceiling_ms);
    }
}
END_TEST

START_TEST(only_new_samples_that_are_stored_reset_the_backoff)
{
    begin(1);
    for (unsigned i = 0; i < 3; i++) {
        connect_to(0);
        lose();
    }
    dial(0);
    open_session();
    sender.stored_seq = 7;
    uplink_plan_on_sender(&plan, SENDER_WELCOME, now_ms);
    uplink_plan_on_sender(&plan, SENDER_ACK, now_ms);
    ck_assert_uint_eq(plan.collectors[0].backoff.failures, 3);
    sender.stored_seq = 8;
    uplink_plan_on_sender(&plan, SENDER_ACK, now_ms);
    ck_assert_uint_eq(plan.collectors[0].backoff.failures, 0);
}
END_TEST

START_TEST(agents_of_other_seeds_wait_for_other_times)
{
    uint64_t first_ms = 0;
    unsigned equal = 0;

    for (unsigned seed = 0; seed < 20; seed++) {
        begin(1);
        uplink_plan_init(&plan, &sender, 1, seed, now_ms);
        connect_to(0);
        lose();
        first_ms = seed == 0 ? plan.collectors[0].not_before_ms : first_ms;
        equal += plan.collectors[0].not_before_ms == first_ms;
    }
    ck_assert_uint_lt(equal, 5);
}
END_TEST

/* ---- several collectors ---- */

START_TEST(next_of_the_list_is_tried_while_the_first_can_not_be)
{
    begin(3);
    for (unsigned i = 0; i < 3; i++) {
        dial(i);
        uplink_plan_on_unreachable(&plan, "can't reach", "test", now_ms);
    }
    /* All have failed: the one that is due first. */
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_le(plan.collectors[plan.next].not_before_ms, plan.collectors[i].not_before_ms);
}
END_TEST

START_TEST(collector_due_within_half_a_second_is_waited_for)
{
    begin(2);
    connect_to(0);
    lose();
    ck_assert_uint_eq(plan.next, 0);
    plan.collectors[0].not_before_ms = now_ms + 501;
    plan.state = UPLINK_DIALING;
    plan.current = 1;
    uplink_plan_on_sender(&plan, SENDER_PAST, now_ms); /* left on purpose: only the choice is made again */
    ck_assert_uint_eq(plan.next, 1);
    plan.collectors[0].not_before_ms = now_ms + 500;
    uplink_plan_on_sender(&plan, SENDER_PAST, now_ms);
    ck_assert_uint_eq(plan.next, 0);
}
END_TEST

START_TEST(choice_stays_with_the_collector_it_was_made_for)
{
    begin(2);
    connect_to(0);
    sender.reject.action = HEADROOM__ACTION__ACTION_RETRY_SLOWLY;
    uplink_plan_on_sender(&plan, SENDER_REJECTED, now_ms);
    ck_assert_uint_eq(plan.current, 0); /* the one that the log speaks of */
    ck_assert_uint_eq(plan.next, 1);
    dial(1);
}
END_TEST

/* A session with the second collector, because the first could not be reached. */
static void connect_to_second(void)
{
    begin(2);
    dial(0);
    uplink_plan_on_unreachable(&plan, "can't reach", "test", now_ms);
    connect_to(1);
}

/* Probes are as frequent as the clock's ticks here. */
START_TEST(probes_do_not_hide_a_silent_collector)
{
    enum uplink_action action = UPLINK_DO_WAIT;

    connect_to_second();
    plan.primary.interval_ms = 1;
    reachability_watch(&plan.primary, now_ms);
    uint64_t end_ms = now_ms + (uint64_t)SILENT_ACK_INTERVALS * ACK_MS + 2;
    while (action != UPLINK_DO_DROP && now_ms < end_ms) {
        now_ms++;
        action = uplink_plan_on_time(&plan, now_ms);
        if (action == UPLINK_DO_PROBE)
            action = uplink_plan_on_probe(&plan, false, now_ms);
    }
    ck_assert_int_eq(action, UPLINK_DO_DROP);
    ck_assert_str_eq(plan.why, "no data received for three ack intervals");
}
END_TEST

/* The next attempt to reach the primary. The collector of the session stays alive. */
static enum uplink_action probe(bool reachable)
{
    now_ms += UPLINK_PROBE_MS;
    sender.heard_ms = sender.sent_ms = now_ms;
    ck_assert_uint_eq(uplink_plan_due_ms(&plan, now_ms), now_ms);
    ck_assert_int_eq(uplink_plan_on_time(&plan, now_ms), UPLINK_DO_PROBE);
    ck_assert_uint_eq(uplink_plan_due_ms(&plan, now_ms), now_ms + ACK_MS); /* the attempt is under way */
    return uplink_plan_on_probe(&plan, reachable, now_ms);
}

START_TEST(steady_primary_is_returned_to)
{
    connect_to_second();
    for (unsigned i = 0; i < UPLINK_STEADY_MS / UPLINK_PROBE_MS; i++)
        ck_assert_int_eq(probe(true), UPLINK_DO_WAIT);
    ck_assert_int_eq(probe(true), UPLINK_DO_DROP);
    ck_assert_ptr_null(plan.what);
    dial(0);
    ck_assert_uint_eq(plan.collectors[1].backoff.failures, 0);
}
END_TEST

START_TEST(primary_that_fails_once_is_watched_for_another_minute)
{
    connect_to_second();
    for (unsigned i = 0; i < UPLINK_STEADY_MS / UPLINK_PROBE_MS; i++)
        ck_assert_int_eq(probe(true), UPLINK_DO_WAIT);
    ck_assert_int_eq(probe(false), UPLINK_DO_WAIT);
    for (unsigned i = 0; i < UPLINK_STEADY_MS / UPLINK_PROBE_MS; i++)
        ck_assert_int_eq(probe(true), UPLINK_DO_WAIT);
    ck_assert_int_eq(probe(true), UPLINK_DO_DROP);
}
END_TEST

START_TEST(primary_that_is_delayed_is_watched_on)
{
    connect_to_second();
    plan.collectors[0].not_before_ms = UINT64_MAX;
    for (unsigned i = 0; i < 3 * UPLINK_STEADY_MS / UPLINK_PROBE_MS; i++)
        ck_assert_int_eq(probe(true), UPLINK_DO_WAIT);
}
END_TEST

START_TEST(primary_is_watched_from_another_collector_only)
{
    begin(2);
    connect_to(0);
    ck_assert_uint_eq(reachability_due_ms(&plan.primary), UINT64_MAX);
    connect_to_second();
    ck_assert_uint_eq(reachability_due_ms(&plan.primary), now_ms + UPLINK_PROBE_MS);
    lose();
    ck_assert_uint_eq(reachability_due_ms(&plan.primary), UINT64_MAX);
    ck_assert_int_eq(uplink_plan_on_probe(&plan, true, now_ms + UPLINK_STEADY_MS), UPLINK_DO_WAIT); /* too late */
}
END_TEST

START_TEST(nothing_follows_close)
{
    begin(2);
    connect_to(0);
    uplink_plan_close(&plan);
    ck_assert_uint_eq(uplink_plan_due_ms(&plan, now_ms), UINT64_MAX);
    ck_assert_int_eq(uplink_plan_on_time(&plan, now_ms + 100000), UPLINK_DO_WAIT);
    ck_assert(!uplink_plan_connected(&plan));
    ck_assert(!uplink_plan_may_write(&plan));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("uplink_plan");
    TCase *tests = tcase_create("uplink_plan");

    tcase_add_test(tests, first_attempt_is_due_at_once);
    tcase_add_test(tests, timer_that_fires_early_waits_on);
    tcase_add_loop_test(tests, failure_delays_the_collector_by_its_reason, 0, sizeof endings / sizeof endings[0]);
    tcase_add_test(tests, reject_text_is_the_reason);
    tcase_add_test(tests, untrusted_collector_is_left_for_a_minute);
    tcase_add_test(tests, unreachable_collector_is_left_for_a_second);
    tcase_add_test(tests, lost_connection_is_tried_again_after_the_backoff);
    tcase_add_test(tests, end_of_an_earlier_run_is_no_failure);
    tcase_add_test(tests, bytes_are_received_to_the_end_and_then_answered);
    tcase_add_test(tests, nothing_is_written_before_the_last_frame_is);
    tcase_add_test(tests, write_that_ends_after_the_connection_changes_nothing);
    tcase_add_test(tests, sign_of_life_is_due_each_ack_interval);
    tcase_add_test(tests, probes_do_not_hide_a_silent_collector);
    tcase_add_test(tests, silent_collector_is_left_once_nothing_is_left_to_read);
    tcase_add_test(tests, collector_heard_from_meanwhile_stays);
    tcase_add_test(tests, collector_that_sends_no_welcome_is_left_for_the_next_one);
    tcase_add_test(tests, backoff_doubles_up_to_ten_seconds);
    tcase_add_test(tests, only_new_samples_that_are_stored_reset_the_backoff);
    tcase_add_test(tests, agents_of_other_seeds_wait_for_other_times);
    tcase_add_test(tests, next_of_the_list_is_tried_while_the_first_can_not_be);
    tcase_add_test(tests, collector_due_within_half_a_second_is_waited_for);
    tcase_add_test(tests, choice_stays_with_the_collector_it_was_made_for);
    tcase_add_test(tests, steady_primary_is_returned_to);
    tcase_add_test(tests, primary_that_fails_once_is_watched_for_another_minute);
    tcase_add_test(tests, primary_that_is_delayed_is_watched_on);
    tcase_add_test(tests, primary_is_watched_from_another_collector_only);
    tcase_add_test(tests, nothing_follows_close);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
