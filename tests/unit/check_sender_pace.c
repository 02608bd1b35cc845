/* Samples that wait until several are sent together, because the collector asks for it. */
#include "sender_fixture.h"

#include "support/cases.h"
#include "support/suite.h"

#define REPORT 5U /* samples, a second apart */

static enum sender_event hear_pace(uint64_t stored_seq, uint32_t report_ms)
{
    Headroom__Ack ack = HEADROOM__ACK__INIT;

    ack.stored_seq = stored_seq;
    ack.credit = 80;
    ack.has_report_ms = true;
    ack.report_ms = report_ms;
    return hear(frames_put(HEADROOM__FRAME__BODY_ACK, &ack, buf));
}

/* The last sample sent is the last one of a report. */
static void stream_with_reports(void)
{
    Headroom__Welcome welcome = welcome_of(0, 0, 80);

    welcome.has_report_ms = true;
    welcome.report_ms = REPORT * 1000;
    open_and_greet();
    ck_assert_int_eq(hear_welcome(welcome), SENDER_WELCOME);
    for (unsigned held = 1; held < REPORT;) {
        push_many(1);
        held = next() == NULL ? held + 1 : 1;
        now_ms += 1000;
    }
    push_many(1);
    ck_assert_ptr_nonnull(next());
    ck_assert_int_eq(hear_pace(outbox.newest_seq, REPORT * 1000), SENDER_ACK);
}

/* Takes samples, a second apart, until some are sent. Returns how many are. */
static size_t samples_of_next(void)
{
    for (unsigned i = 0; i < 2 * REPORT; i++) {
        push_many(1);
        now_ms += 1000;
        Headroom__Frame *frame = next();
        if (frame != NULL)
            return frame->batch->n_samples;
    }
    return 0;
}

START_TEST(hello_says_that_it_obeys)
{
    sender_open(&sender, now_ms);
    ck_assert(next()->hello->takes_report_ms);
}
END_TEST

START_TEST(each_report_has_all_samples_since_the_last_one)
{
    uint64_t first_seq = outbox.newest_seq + 1;

    stream_with_reports();
    first_seq = outbox.newest_seq + 1;
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_uint_eq(samples_of_next(), REPORT);
        ck_assert_uint_eq(sender.sent_seq, first_seq + (i + 1) * REPORT - 1);
        ck_assert_ptr_null(next());
    }
    ck_assert_uint_eq(outbox_waiting(&outbox), 4 * REPORT);
}
END_TEST

START_TEST(a_shorter_pace_applies_at_once_and_a_longer_one_from_then_on)
{
    stream_with_reports();
    push_many(2);
    ck_assert_ptr_null(next());
    ck_assert_int_eq(hear_pace(outbox.newest_seq - 2, 0), SENDER_ACK);
    ck_assert_uint_eq(next_batch()->n_samples, 2);
    ck_assert_uint_eq(samples_of_next(), 1);
    ck_assert_int_eq(hear_pace(outbox.newest_seq, REPORT * 1000), SENDER_ACK);
    (void)samples_of_next();
    ck_assert_uint_eq(samples_of_next(), REPORT);
}
END_TEST

START_TEST(an_ack_without_a_pace_ends_it)
{
    stream_with_reports();
    push_many(1);
    ck_assert_ptr_null(next());
    ck_assert_int_eq(hear_ack(outbox.newest_seq - 1, 80), SENDER_ACK);
    ck_assert_uint_eq(next_batch()->n_samples, 1);
}
END_TEST

START_TEST(a_new_session_sends_all_that_waits)
{
    stream_with_reports();
    push_many(3);
    ck_assert_ptr_null(next());
    sender_close(&sender);
    stream(outbox.newest_seq - 3, outbox.newest_seq - 3, 80);
    ck_assert_uint_eq(next_batch()->n_samples, 3);
}
END_TEST

START_TEST(what_waits_is_sent_before_the_goodbye)
{
    stream_with_reports();
    push_many(2);
    ck_assert_ptr_null(next());
    sender_leave(&sender, HEADROOM__DEPARTURE__DEPARTURE_LEAVING);
    ck_assert_uint_eq(next_batch()->n_samples, 2);
    ck_assert_int_eq(next()->body_case, HEADROOM__FRAME__BODY_GOODBYE);
}
END_TEST

START_TEST(what_waits_is_sent_when_the_next_sample_does_not_come)
{
    stream_with_reports();
    push_many(2);
    ck_assert_ptr_null(next());
    uint64_t due_ms = sender_due_ms(&sender);
    ck_assert_uint_gt(due_ms, now_ms);
    ck_assert_uint_le(due_ms, now_ms + REPORT * 1000 + 1000);
    now_ms = due_ms;
    ck_assert_uint_eq(next_batch()->n_samples, 2);
}
END_TEST

START_TEST(acks_may_be_a_report_later)
{
    stream_with_reports();
    uint64_t heard_ms = now_ms;
    ck_assert(!sender_dead(&sender, heard_ms + 3 * ACK_MS + REPORT * 1000));
    ck_assert(sender_dead(&sender, heard_ms + 3 * ACK_MS + REPORT * 1000 + 500));
    ck_assert_int_eq(hear_pace(outbox.newest_seq, 0), SENDER_ACK);
    ck_assert(sender_dead(&sender, heard_ms + 3 * ACK_MS));
}
END_TEST

START_TEST(protection_does_not_wait)
{
    stream_with_reports();
    push_many(2);
    ck_assert_ptr_null(next());
    sender_protect(&sender, true);
    const Headroom__Batch *batch = next_batch();
    ck_assert(batch->protects);
    ck_assert_uint_eq(batch->n_samples, 2);
}
END_TEST

START_TEST(what_waits_for_its_report_is_no_reading)
{
    stream_with_reports();
    sender.takes_readings = true;
    push_many(2);
    ck_assert_ptr_null(next());
}
END_TEST

START_TEST(with_little_credit_a_report_is_short)
{
    stream_with_reports();
    ck_assert_int_eq(hear_ack(outbox.newest_seq, 8), SENDER_ACK);
    Headroom__Ack ack = HEADROOM__ACK__INIT;
    ack.stored_seq = outbox.newest_seq;
    ack.credit = 8;
    ack.has_report_ms = true;
    ack.report_ms = REPORT * 1000;
    ck_assert_int_eq(hear(frames_put(HEADROOM__FRAME__BODY_ACK, &ack, buf)), SENDER_ACK);
    (void)samples_of_next();
    ck_assert_uint_eq(samples_of_next(), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sender_pace");

    CASES_ADD(suite, "pace", setup, teardown, hello_says_that_it_obeys, each_report_has_all_samples_since_the_last_one,
              a_shorter_pace_applies_at_once_and_a_longer_one_from_then_on, an_ack_without_a_pace_ends_it,
              a_new_session_sends_all_that_waits, what_waits_is_sent_before_the_goodbye,
              what_waits_is_sent_when_the_next_sample_does_not_come, protection_does_not_wait,
              acks_may_be_a_report_later, what_waits_for_its_report_is_no_reading,
              with_little_credit_a_report_is_short);
    return suite_run(suite);
}
