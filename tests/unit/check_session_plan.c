/* Session plans: one answer at a time, when the timer is due, and how a session ends. */
#include "collector/intake/session_plan.h"

#include "support/frames.h"
#include "support/hub.h"
#include "support/suite.h"

#include <check.h>

#define ACK_MS 5000U
#define START  1000000U

static struct hub hub;
static struct session_plan plan;
static struct wire_arena arena;
static uint64_t now_ms;
static int owner;
static struct session_reply reply;

static void setup(void)
{
    now_ms = START;
    hub_init(&hub, 64, ACK_MS, 256);
    ck_assert_int_eq(wire_arena_init(&arena), 0);
    session_plan_init(&plan, &hub.intake, &owner, now_ms);
}

static void teardown(void)
{
    session_plan_close(&plan);
    session_plan_close(&plan);
    ck_assert_uint_eq(hub.intake.streaming, 0);
    wire_arena_deinit(&arena);
    hub_deinit(&hub);
}

static bool say(struct session_plan *to, const uint8_t *buf, size_t len)
{
    return session_plan_receive(to, (struct bytes){buf, len}, now_ms, 1700000000000);
}

static void say_hello(struct session_plan *to)
{
    static uint8_t buf[FRAMES_SIZE];
    Headroom__Hello hello = frames_hello();

    ck_assert(say(to, buf, frames_put_hello(&hello, buf)));
}

static void expect(struct session_plan *of, Headroom__Frame__BodyCase body)
{
    ck_assert_int_eq(session_plan_next(of, &reply), SESSION_WRITE);
    ck_assert_int_eq(frames_get(&arena, reply.bytes, reply.len)->body_case, body);
    ck_assert_int_eq(reply.rejects, body == HEADROOM__FRAME__BODY_REJECT);
}

static void greet(void)
{
    say_hello(&plan);
    expect(&plan, HEADROOM__FRAME__BODY_WELCOME);
    ck_assert_int_eq(session_plan_next(&plan, &reply), SESSION_WAIT);
}

/* ---- answers ---- */

START_TEST(nothing_is_written_before_the_socket_has_taken_the_last_reply)
{
    say_hello(&plan);
    expect(&plan, HEADROOM__FRAME__BODY_WELCOME);
    session_plan_block(&plan, now_ms);
    intake_want_ack(&plan.intake);
    ck_assert_int_eq(session_plan_next(&plan, &reply), SESSION_WAIT);
    session_plan_unblock(&plan);
    expect(&plan, HEADROOM__FRAME__BODY_ACK);
    ck_assert_int_eq(session_plan_next(&plan, &reply), SESSION_WAIT);
}
END_TEST

START_TEST(after_a_reject_the_session_lingers_and_ends)
{
    uint64_t delay_ms = 0;

    ck_assert(say(&plan, (const uint8_t *)"\0\0\0\0", 4));
    expect(&plan, HEADROOM__FRAME__BODY_REJECT);
    ck_assert_int_eq(session_plan_next(&plan, &reply), SESSION_LINGER);
    ck_assert_int_eq(session_plan_next(&plan, &reply), SESSION_WAIT);
    ck_assert(!say(&plan, (const uint8_t *)"\0\0\0\0", 4));
    ck_assert(!session_plan_receive_end(&plan));
    ck_assert(!session_plan_tick(&plan, now_ms, &delay_ms));
}
END_TEST

START_TEST(the_standing_goes_from_stranger_to_agent_to_over)
{
    ck_assert_int_eq(session_plan_standing(&plan), SESSION_STRANGER);
    greet();
    ck_assert_int_eq(session_plan_standing(&plan), SESSION_AGENT);
    ck_assert(say(&plan, (const uint8_t *)"\0\0\0\0", 4));
    ck_assert_int_eq(session_plan_standing(&plan), SESSION_OVER); /* before the Reject is written, too */
    ck_assert(!say(&plan, (const uint8_t *)"\0\0\0\0", 4));
    expect(&plan, HEADROOM__FRAME__BODY_REJECT);
    ck_assert_int_eq(session_plan_next(&plan, &reply), SESSION_LINGER);
    ck_assert_int_eq(session_plan_standing(&plan), SESSION_OVER);
}
END_TEST

START_TEST(the_end_of_the_input_is_answered_only_if_it_cuts_a_frame)
{
    greet();
    ck_assert(say(&plan, (const uint8_t *)"\0\0", 2));
    ck_assert(session_plan_receive_end(&plan));
    expect(&plan, HEADROOM__FRAME__BODY_REJECT);

    struct session_plan other;
    session_plan_init(&other, &hub.intake, &owner, now_ms);
    ck_assert(!session_plan_receive_end(&other));
    session_plan_close(&other);
}
END_TEST

START_TEST(the_session_that_is_taken_over_is_handed_out_once)
{
    struct session_plan newer;

    greet();
    session_plan_init(&newer, &hub.intake, NULL, now_ms);
    say_hello(&newer);
    ck_assert_ptr_eq(intake_take_evicted(&newer.intake), &owner);
    ck_assert_ptr_null(intake_take_evicted(&newer.intake));
    expect(&plan, HEADROOM__FRAME__BODY_REJECT);
    session_plan_close(&newer);
}
END_TEST

/* ---- the timer ---- */

START_TEST(the_timer_is_due_each_ack_interval_or_at_the_peers_time_limit)
{
    uint64_t delay_ms = 0;

    ck_assert_uint_eq(session_plan_delay_ms(&plan, now_ms), ACK_MS);
    ck_assert_uint_eq(session_plan_delay_ms(&plan, now_ms + HELLO_MS_MAX - 1), 1);
    ck_assert_uint_eq(session_plan_delay_ms(&plan, now_ms + HELLO_MS_MAX + 1), 0);
    greet();
    now_ms += ACK_MS;
    ck_assert(session_plan_tick(&plan, now_ms, &delay_ms));
    ck_assert_uint_eq(delay_ms, ACK_MS);
    expect(&plan, HEADROOM__FRAME__BODY_ACK);
}
END_TEST

START_TEST(a_silent_peer_is_rejected_once_the_socket_was_read)
{
    uint64_t delay_ms = 0;

    greet();
    for (unsigned i = 0; i < 2; i++) {
        now_ms += SILENT_ACK_INTERVALS * ACK_MS;
        ck_assert(session_plan_tick(&plan, now_ms, &delay_ms));
        ck_assert_uint_eq(delay_ms, 1);
        ck_assert_int_eq(session_plan_next(&plan, &reply), SESSION_WAIT);
        if (i == 0) { /* it was this program that slept */
            static uint8_t buf[FRAMES_SIZE];
            ck_assert(say(&plan, buf, frames_put_batch(0, NULL, 0, buf)));
            ck_assert(session_plan_tick(&plan, now_ms + 1, &delay_ms));
            expect(&plan, HEADROOM__FRAME__BODY_ACK);
        }
    }
    ck_assert(session_plan_tick(&plan, now_ms + 1, &delay_ms));
    expect(&plan, HEADROOM__FRAME__BODY_REJECT);
}
END_TEST

START_TEST(a_peer_that_takes_no_reply_is_closed)
{
    uint64_t delay_ms = 0;

    greet();
    session_plan_block(&plan, now_ms);
    now_ms += SILENT_ACK_INTERVALS * ACK_MS - 1;
    plan.intake.heard_ms = now_ms;
    ck_assert(session_plan_tick(&plan, now_ms, &delay_ms));
    ck_assert(session_plan_tick(&plan, now_ms + 1, &delay_ms));
    ck_assert_uint_eq(delay_ms, 1);
    ck_assert(!session_plan_tick(&plan, now_ms + 2, &delay_ms));
}
END_TEST

/* ---- farewell ---- */

START_TEST(farewell_is_an_ack_and_a_reject)
{
    uint8_t out[FAREWELL_MAX];

    greet();
    size_t len = session_plan_farewell(&plan, out);
    size_t first = FRAME_HEAD_LEN + out[3]; /* both are short */
    ck_assert_uint_gt(len, first);
    ck_assert_int_eq(frames_get(&arena, out, first)->body_case, HEADROOM__FRAME__BODY_ACK);
    const Headroom__Frame *last = frames_get(&arena, out + first, len - first);
    ck_assert_int_eq(last->body_case, HEADROOM__FRAME__BODY_REJECT);
    ck_assert_int_eq(last->reject->code, HEADROOM__REJECT_CODE__REJECT_CODE_STOPPING);
}
END_TEST

START_TEST(farewell_is_not_written_behind_half_a_reply)
{
    uint8_t out[FAREWELL_MAX];

    greet();
    session_plan_block(&plan, now_ms);
    ck_assert_uint_eq(session_plan_farewell(&plan, out), 0);
}
END_TEST

START_TEST(a_closed_session_does_nothing)
{
    uint64_t delay_ms = 0;

    greet();
    intake_want_ack(&plan.intake);
    session_plan_block(&plan, now_ms);
    session_plan_close(&plan);
    session_plan_unblock(&plan);
    ck_assert_int_eq(plan.state, SESSION_CLOSED);
    ck_assert_int_eq(session_plan_next(&plan, &reply), SESSION_WAIT);
    ck_assert(!session_plan_tick(&plan, now_ms, &delay_ms));
    ck_assert(!say(&plan, (const uint8_t *)"\0\0\0\0", 4));
}
END_TEST

/* The timer is due each ack interval as before, and for an Ack where that comes earlier. */
START_TEST(the_timer_is_due_for_the_ack_of_an_agent_that_sends_reports)
{
    uint64_t delay_ms = 0;

    greet();
    plan.intake.takes_report_ms = true;
    plan.intake.node->report_ms = 2000;
    plan.intake.node->group->report.ms = 2000;
    now_ms += ACK_MS;
    ck_assert(session_plan_tick(&plan, now_ms, &delay_ms));
    ck_assert_int_eq(session_plan_next(&plan, &reply), SESSION_WAIT);
    ck_assert_uint_eq(delay_ms, 3000);
    now_ms += delay_ms;
    ck_assert(session_plan_tick(&plan, now_ms, &delay_ms));
    expect(&plan, HEADROOM__FRAME__BODY_ACK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("session_plan");
    TCase *tests = tcase_create("session_plan");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, nothing_is_written_before_the_socket_has_taken_the_last_reply);
    tcase_add_test(tests, after_a_reject_the_session_lingers_and_ends);
    tcase_add_test(tests, the_standing_goes_from_stranger_to_agent_to_over);
    tcase_add_test(tests, the_end_of_the_input_is_answered_only_if_it_cuts_a_frame);
    tcase_add_test(tests, the_session_that_is_taken_over_is_handed_out_once);
    tcase_add_test(tests, the_timer_is_due_each_ack_interval_or_at_the_peers_time_limit);
    tcase_add_test(tests, the_timer_is_due_for_the_ack_of_an_agent_that_sends_reports);
    tcase_add_test(tests, a_silent_peer_is_rejected_once_the_socket_was_read);
    tcase_add_test(tests, a_peer_that_takes_no_reply_is_closed);
    tcase_add_test(tests, farewell_is_an_ack_and_a_reject);
    tcase_add_test(tests, farewell_is_not_written_behind_half_a_reply);
    tcase_add_test(tests, a_closed_session_does_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
