/* Readings, protection, and what a Goodbye says of the node. */
#include "sender_fixture.h"

#include "support/cases.h"
#include "support/suite.h"

static void stream_with_readings(uint64_t resume_seq, uint32_t credit)
{
    Headroom__Welcome welcome = welcome_of(resume_seq, resume_seq, credit);

    open_and_greet();
    welcome.has_takes_readings = true;
    welcome.takes_readings = true;
    ck_assert_int_eq(hear_welcome(welcome), SENDER_WELCOME);
}

static const Headroom__Reading *next_reading(void)
{
    Headroom__Frame *frame = next();

    ck_assert_ptr_nonnull(frame);
    ck_assert_int_eq(frame->body_case, HEADROOM__FRAME__BODY_READING);
    return frame->reading;
}

/* ---- readings ---- */

START_TEST(without_credit_the_newest_sample_is_sent_as_a_reading_once)
{
    push_many(8);
    stream_with_readings(0, 5);
    ck_assert_uint_eq(next_batch()->n_samples, 5);
    ck_assert_ptr_null(next()); /* older ones wait, and may be acknowledged soon */
    now_ms += 2000;
    ck_assert_uint_eq(next_reading()->sample->seq, 8);
    ck_assert_ptr_null(next());
    push_many(1);
    const Headroom__Reading *reading = next_reading();
    ck_assert_uint_eq(reading->sample->seq, 9);
    ck_assert_uint_eq(reading->sent_uptime_ms, now_ms);
    ck_assert_ptr_null(next());
}
END_TEST

START_TEST(a_reading_changes_nothing_of_the_delivery)
{
    push_many(8);
    stream_with_readings(0, 5);
    (void)next_batch();
    now_ms += 2000;
    (void)next_reading();
    ck_assert_uint_eq(outbox.account.sent, 5);
    ck_assert_uint_eq(outbox_waiting(&outbox), 8);
    ck_assert_int_eq(hear_ack(5, 5), SENDER_ACK);
    const Headroom__Batch *batch = next_batch();
    ck_assert_uint_eq(batch->n_samples, 3); /* the one that was read is among them */
    ck_assert_uint_eq(batch->samples[2]->seq, 8);
    ck_assert_ptr_null(next());
}
END_TEST

START_TEST(what_follows_the_last_sample_sent_is_read_at_once)
{
    push_many(5);
    stream_with_readings(0, 5);
    (void)next_batch();
    push_many(1);
    ck_assert_uint_eq(next_reading()->sample->seq, 6);
    push_many(1);
    ck_assert_uint_eq(next_reading()->sample->seq, 7);
}
END_TEST

START_TEST(while_acknowledgements_come_the_older_samples_go_first)
{
    push_many(80);
    stream_with_readings(0, 5);
    for (uint64_t seq = 5; seq < 80; seq += 5) {
        (void)next_batch();
        ck_assert_ptr_null(next());
        now_ms += 1000;
        ck_assert_ptr_null(next());
        ck_assert_int_eq(hear_ack(seq, 5), SENDER_ACK);
    }
}
END_TEST

START_TEST(what_can_be_sent_needs_no_reading)
{
    push_many(3);
    stream_with_readings(0, 5);
    ck_assert_uint_eq(next_batch()->n_samples, 3);
    ck_assert_ptr_null(next());
}
END_TEST

START_TEST(a_collector_that_does_not_offer_it_gets_none)
{
    push_many(8);
    stream(0, 0, 5);
    (void)next_batch();
    now_ms += 4000;
    ck_assert_ptr_null(next());
}
END_TEST

START_TEST(an_earlier_run_has_no_readings)
{
    sender_speak_for(&sender, &outbox, true);
    push_many(8);
    stream_with_readings(0, 5);
    (void)next_batch();
    now_ms += 4000;
    ck_assert_ptr_null(next());
}
END_TEST

START_TEST(keep_alives_with_an_account_go_on_beside_readings)
{
    unsigned batches = 0;

    push_many(5);
    stream_with_readings(0, 5);
    (void)next_batch();
    for (unsigned i = 0; i < 20; i++) {
        Headroom__Frame *frame = NULL;
        now_ms += 1000;
        push_many(1);
        while ((frame = next()) != NULL)
            if (frame->body_case == HEADROOM__FRAME__BODY_BATCH) {
                ck_assert_ptr_nonnull(frame->batch->account);
                batches++;
            }
        ck_assert_int_eq(hear_ack(0, 5), SENDER_ACK);
    }
    ck_assert_uint_eq(batches, 20000 / ACK_MS);
}
END_TEST

/* ---- protection ---- */

START_TEST(protection_is_said_when_it_changes_and_after_a_welcome)
{
    stream(0, 0, 5);
    sender_protect(&sender, false); /* it never did */
    ck_assert_ptr_null(next());
    sender_protect(&sender, true);
    const Headroom__Batch *batch = next_batch();
    ck_assert(batch->has_protects && batch->protects);
    sender_protect(&sender, true);
    ck_assert_ptr_null(next());
    push_many(1);
    ck_assert(!next_batch()->has_protects);
    sender_close(&sender);
    stream(1, 0, 5);
    ck_assert(next_batch()->protects);
    sender_protect(&sender, false);
    batch = next_batch();
    ck_assert(batch->has_protects && !batch->protects);
}
END_TEST

/* ---- farewells ---- */

START_TEST(a_goodbye_says_that_the_machine_reboots)
{
    stream(0, 0, 5);
    sender_note_reboot(&sender);
    sender_leave(&sender, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
    const Headroom__Goodbye *goodbye = next()->goodbye;
    ck_assert_int_eq(goodbye->departure, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
    ck_assert(goodbye->has_reboots && goodbye->reboots);
}
END_TEST

START_TEST(an_agent_that_moves_says_so_at_once_and_keeps_its_samples)
{
    push_many(8);
    stream_with_readings(0, 5);
    (void)next_batch();
    size_t len = sender_produce_moved(&sender, out, sizeof out);
    ck_assert_uint_gt(len, 0);
    ck_assert_int_eq(frames_get(&arena, out, len)->goodbye->departure, HEADROOM__DEPARTURE__DEPARTURE_MOVED);
    ck_assert_ptr_null(next());
    sender_close(&sender);
    ck_assert_uint_eq(outbox_waiting(&outbox), 8);
    stream_with_readings(0, 20);
    ck_assert_uint_eq(next_batch()->n_samples, 8);
}
END_TEST

START_TEST(it_says_nothing_to_a_collector_that_does_not_know_that)
{
    stream(0, 0, 5);
    ck_assert_uint_eq(sender_produce_moved(&sender, out, sizeof out), 0);
    sender_close(&sender);
    ck_assert_uint_eq(sender_produce_moved(&sender, out, sizeof out), 0);
}
END_TEST

START_TEST(hello_tells_the_boot)
{
    sender.identity.boot_id = 42;
    sender_open(&sender, now_ms);
    const Headroom__Hello *hello = next()->hello;
    ck_assert(hello->has_boot_id);
    ck_assert_uint_eq(hello->boot_id, 42);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sender_readings");

    CASES_ADD(suite, "readings", setup, teardown, without_credit_the_newest_sample_is_sent_as_a_reading_once,
              a_reading_changes_nothing_of_the_delivery, what_follows_the_last_sample_sent_is_read_at_once,
              while_acknowledgements_come_the_older_samples_go_first, what_can_be_sent_needs_no_reading,
              a_collector_that_does_not_offer_it_gets_none, an_earlier_run_has_no_readings,
              keep_alives_with_an_account_go_on_beside_readings);
    CASES_ADD(suite, "node", setup, teardown, protection_is_said_when_it_changes_and_after_a_welcome,
              a_goodbye_says_that_the_machine_reboots, an_agent_that_moves_says_so_at_once_and_keeps_its_samples,
              it_says_nothing_to_a_collector_that_does_not_know_that, hello_tells_the_boot);
    return suite_run(suite);
}
