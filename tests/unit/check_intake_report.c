/* The pace at which agents are asked to send, and when they get their Acks. */
#include "collector/intake/intake_report.h"

#include "intake_fixture.h"

#include "collector/fleet/registry.h"
#include "support/cases.h"
#include "support/suite.h"

#define REPORT_MS 5000U

static Headroom__Hello obedient_hello(void)
{
    Headroom__Hello hello = hello_of(1, 1, 0);

    hello.has_takes_report_ms = true;
    hello.takes_report_ms = true;
    return hello;
}

static struct group_report *report(void)
{
    return &intakes[0].node->group->report;
}

/* Agent 0 obeys, and its pace is in force. */
static void begin(void)
{
    setup();
    (void)greet(0, obedient_hello());
    report()->ms = REPORT_MS;
    intake_want_ack(&intakes[0]);
    ck_assert_uint_eq(answer(0)->ack->report_ms, REPORT_MS);
}

static void pass(uint64_t time_ms)
{
    now_ms += time_ms;
    intake_tick(&intakes[0], now_ms);
}

START_TEST(welcome_and_ack_have_the_pace_of_the_group)
{
    Headroom__Hello second = obedient_hello();

    second.node_id = (char *)"n2";
    ck_assert_uint_eq(greet(1, second)->report_ms, REPORT_MS);
    ck_assert_uint_eq(intakes[1].node->report_ms, REPORT_MS);
    report()->ms = 0;
    intake_want_ack(&intakes[0]);
    ck_assert(!answer(0)->ack->has_report_ms);
    ck_assert_uint_eq(intakes[0].node->report_ms, 0);
}
END_TEST

START_TEST(an_earlier_agent_gets_no_pace_and_its_acks_as_before)
{
    Headroom__Hello earlier = hello_of(1, 1, 0);

    earlier.node_id = (char *)"n2";
    ck_assert(!greet(1, earlier)->has_report_ms);
    ck_assert_uint_eq(intakes[1].node->report_ms, 0);
    for (unsigned i = 0; i < 3; i++) {
        now_ms += ACK_MS;
        say(1, frames_put_batch(now_ms, NULL, 0, buf));
        ck_assert_ptr_null(answer(1));
        intake_tick(&intakes[1], now_ms);
        ck_assert(!answer(1)->ack->has_report_ms);
    }
}
END_TEST

START_TEST(a_node_that_connects_with_an_earlier_agent_has_no_pace)
{
    intake_detach(&intakes[0]);
    ck_assert_uint_eq(registry_find_node(&hub.registry, "n1")->report_ms, REPORT_MS);
    (void)greet(1, hello_of(2, 1, 0));
    ck_assert_uint_eq(intakes[1].node->report_ms, 0);
}
END_TEST

/* Each Ack answers a report, and covers the ones before. */
START_TEST(every_second_report_is_answered_with_an_ack)
{
    for (unsigned i = 0; i < 8; i++) {
        pass(REPORT_MS - 1); /* the timer comes shortly before the report */
        ck_assert_ptr_null(answer(0));
        now_ms++;
        send_samples(0, 1 + 5 * i, 5 + 5 * i);
        Headroom__Frame *frame = answer(0);
        ck_assert_int_eq(frame != NULL, i % 2 == 1);
        if (frame != NULL)
            ck_assert_uint_eq(frame->ack->stored_seq, 5 * i);
        ck_assert_ptr_null(answer(0));
        store();
    }
}
END_TEST

START_TEST(a_report_gets_no_ack_if_nothing_is_new)
{
    for (unsigned i = 0; i < 2; i++) {
        pass(REPORT_MS);
        send_samples(0, 1 + 5 * i, 5 + 5 * i); /* nothing is stored: the disk is slow */
        ck_assert_ptr_null(answer(0));
    }
}
END_TEST

START_TEST(a_short_report_is_answered_after_the_ack_interval)
{
    unsigned acks = 0;

    report()->ms = 2000;
    intake_want_ack(&intakes[0]);
    ck_assert_uint_eq(answer(0)->ack->report_ms, 2000);
    for (unsigned i = 0; i < 20; i++) {
        pass(2000);
        send_samples(0, 1 + 2 * i, 2 + 2 * i);
        acks += answer(0) != NULL;
        store();
    }
    ck_assert_uint_eq(acks, 5); /* in 40 s */
}
END_TEST

START_TEST(an_ack_comes_by_time_when_no_report_does)
{
    for (unsigned i = 0; i < 3; i++) {
        uint64_t due_ms = intake_report_ack_due_ms(&intakes[0]);
        ck_assert_uint_eq(due_ms, now_ms + ACK_MS + REPORT_MS + REPORT_MS / 2);
        pass(ACK_MS + REPORT_MS);
        ck_assert_ptr_null(answer(0));
        say(0, frames_put_batch(now_ms, NULL, 0, buf)); /* a sign of life */
        ck_assert_ptr_null(answer(0));
        pass(REPORT_MS / 2);
        ck_assert_ptr_nonnull(answer(0));
    }
}
END_TEST

START_TEST(a_shorter_pace_is_due_at_once)
{
    ck_assert(!intake_report_is_too_long(&intakes[0]));
    report()->ms = 1000;
    ck_assert(intake_report_is_too_long(&intakes[0]));
    intake_want_ack(&intakes[0]);
    ck_assert_uint_eq(answer(0)->ack->report_ms, 1000);
    ck_assert(!intake_report_is_too_long(&intakes[0]));
    report()->ms = REPORT_MS;
    ck_assert(!intake_report_is_too_long(&intakes[0]));
}
END_TEST

START_TEST(a_node_that_is_looked_at_has_no_pace_until_that_ends)
{
    intakes[0].node->looked_s = (uint32_t)(now_ms / 1000) + 10;
    ck_assert(intake_report_is_too_long(&intakes[0]));
    intake_want_ack(&intakes[0]);
    ck_assert(!answer(0)->ack->has_report_ms);
    pass(ACK_MS);
    ck_assert(!answer(0)->ack->has_report_ms);
    say(0, frames_put_batch(now_ms, NULL, 0, buf));
    pass(ACK_MS);
    ck_assert_uint_eq(answer(0)->ack->report_ms, REPORT_MS);
}
END_TEST

START_TEST(an_agent_that_is_slowed_down_gets_its_acks_by_time)
{
    intakes[0].slowed = true;
    hub.intake.slowed++;
    ck_assert_uint_eq(intake_report_ack_due_ms(&intakes[0]), 0);
    pass(1000);
    ck_assert_ptr_nonnull(answer(0));
}
END_TEST

/* ---- what else waits for a report ---- */

static const struct {
    uint32_t interval_ms;
    uint32_t report_ms;
    uint32_t longer_ms; /* than without a report */
} lives[] = {
    {1000, 0, 0},    {1000, 1000, 0},  {1000, 5000, 5000}, {2000, 5000, 4000},
    {3000, 5000, 0}, {60000, 5000, 0}, {50, 1000, 1000},
};

START_TEST(a_node_is_late_a_report_later)
{
    struct node *node = intakes[0].node;

    node->interval_ms = lives[_i].interval_ms;
    node->report_ms = 0;
    int64_t before_ms = registry_live_ms(node);
    node->report_ms = (uint16_t)lives[_i].report_ms;
    ck_assert_uint_eq(registry_report_ms(node), lives[_i].longer_ms);
    ck_assert_int_eq(registry_live_ms(node), before_ms + lives[_i].longer_ms);
}
END_TEST

START_TEST(a_node_without_a_connection_is_missing_a_report_later)
{
    struct node *node = intakes[0].node;

    send_samples(0, 1, 5);
    intake_detach(&intakes[0]);
    node->recovered = true; /* it is no visitor */
    ck_assert_int_eq(registry_liveness(node, node->seen_ms + 8000, 600000), NODE_LIVE);
    ck_assert_int_eq(registry_liveness(node, node->seen_ms + 8001, 600000), NODE_MISSING);
}
END_TEST

START_TEST(another_instance_waits_for_a_report)
{
    Headroom__Hello other = obedient_hello();

    send_samples(0, 1, 5);
    other.instance = 2;
    now_ms += 3000 + REPORT_MS - 1; /* three intervals and a report */
    say(1, frames_put_hello(&other, buf));
    ASSERT_REJECTED(1, RETRY, TWIN);
    now_ms++;
    say(2, frames_put_hello(&other, buf));
    ck_assert_int_eq(answer(2)->body_case, HEADROOM__FRAME__BODY_WELCOME);
}
END_TEST

START_TEST(a_report_does_not_slow_the_agent_down)
{
    for (unsigned i = 0; i < 40; i++) {
        now_ms += REPORT_MS;
        send_samples(0, 1 + 5 * i, 5 + 5 * i);
        Headroom__Frame *frame = answer(0);
        if (frame != NULL)
            ck_assert_uint_eq(frame->ack->credit, CREDIT);
        store();
    }
    ck_assert(!intakes[0].slowed);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intake_report");

    CASES_ADD(suite, "pace", begin, teardown, welcome_and_ack_have_the_pace_of_the_group,
              an_earlier_agent_gets_no_pace_and_its_acks_as_before,
              a_node_that_connects_with_an_earlier_agent_has_no_pace, a_shorter_pace_is_due_at_once,
              a_node_that_is_looked_at_has_no_pace_until_that_ends);
    CASES_ADD(suite, "acks", begin, teardown, every_second_report_is_answered_with_an_ack,
              a_report_gets_no_ack_if_nothing_is_new, a_short_report_is_answered_after_the_ack_interval,
              an_ack_comes_by_time_when_no_report_does, an_agent_that_is_slowed_down_gets_its_acks_by_time);
    TCase *late = tcase_create("late");
    tcase_add_checked_fixture(late, begin, teardown);
    tcase_add_loop_test(late, a_node_is_late_a_report_later, 0, sizeof lives / sizeof lives[0]);
    suite_add_tcase(suite, late);
    CASES_ADD(suite, "waiting", begin, teardown, a_node_without_a_connection_is_missing_a_report_later,
              another_instance_waits_for_a_report, a_report_does_not_slow_the_agent_down);
    return suite_run(suite);
}
