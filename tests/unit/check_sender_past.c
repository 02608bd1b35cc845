/* What a sender makes of an outbox out of a spool: an earlier run's, or one with holes. */
#include "sender_fixture.h"

#include "support/cases.h"
#include "support/suite.h"

static void damage(uint64_t seq)
{
    record_clear(&outbox.records[seq % CAPACITY]);
    outbox.holes++;
    outbox_count_loss(&outbox, seq, seq, LOSS_SPOOL_DAMAGED, true);
}

START_TEST(batches_pass_over_holes_as_over_dropped_samples)
{
    push_many(10);
    damage(4);
    damage(10);
    stream(0, 0, 64);
    const Headroom__Batch *batch = next_batch();
    ck_assert_uint_eq(batch->n_samples, 3);
    ck_assert_ptr_null(next());
    ck_assert_int_eq(hear_ack(3, 64), SENDER_ACK);
    batch = next_batch();
    ck_assert_uint_eq(batch->n_samples, 5);
    ck_assert_uint_eq(batch->samples[0]->seq, 5);
    ck_assert_uint_eq(batch->samples[4]->seq, 9);
    push_many(1);
    ck_assert_ptr_null(next());
    ck_assert_int_eq(hear_ack(9, 64), SENDER_ACK);
    batch = next_batch();
    ck_assert_uint_eq(batch->n_samples, 1);
    ck_assert_uint_eq(batch->samples[0]->seq, 11);
}
END_TEST

START_TEST(an_earlier_run_sends_goodbye_by_itself)
{
    push_many(10);
    damage(10);
    sender_speak_for(&sender, &outbox, true);
    sender_leave(&sender, HEADROOM__DEPARTURE__DEPARTURE_LEAVING); /* of the present run */
    stream(0, 0, 64);
    ck_assert_uint_eq(next_batch()->n_samples, 9);
    ck_assert_ptr_null(next());
    ck_assert_int_eq(hear_ack(9, 64), SENDER_ACK);
    Headroom__Frame *frame = next();
    ck_assert_int_eq(frame->body_case, HEADROOM__FRAME__BODY_GOODBYE);
    ck_assert_int_eq(frame->goodbye->departure, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
    ck_assert_uint_eq(frame->goodbye->n_losses, 1); /* no later sample would report it */
    ck_assert_uint_eq(frame->goodbye->losses[0]->first_seq, 10);
    ck_assert_int_eq(hear_last_ack(9), SENDER_PAST);
    ck_assert_uint_eq(outbox_waiting(&outbox), 0);
}
END_TEST

/* A power cut took the end of the spool, which the collector has. */
START_TEST(a_collector_may_have_more_of_an_earlier_run)
{
    push_many(10);
    sender_speak_for(&sender, &outbox, true);
    stream(25, 5, 64);
    ck_assert_int_eq(next()->body_case, HEADROOM__FRAME__BODY_GOODBYE);
    ck_assert_ptr_null(next());
    ck_assert_int_eq(hear_ack(15, 64), SENDER_ACK);
    ck_assert_int_eq(hear_last_ack(25), SENDER_PAST);
    ck_assert_uint_eq(outbox_waiting(&outbox), 0);
    ck_assert_uint_eq(outbox.account.acknowledged, 10);
}
END_TEST

/* So the collector sees that the list is full, and that what lies before it may have been forgotten. */
START_TEST(later_holes_are_reported_too)
{
    push_many(100);
    for (uint64_t seq = 2; seq <= 90; seq += 2)
        damage(seq);
    stream(0, 0, 64);
    const Headroom__Batch *batch = next_batch();
    ck_assert_uint_eq(batch->n_samples, 1);
    ck_assert_uint_eq(batch->n_losses, LOSSES_MAX);
    ck_assert_uint_eq(batch->losses[0]->first_seq, 28);
    ck_assert_uint_eq(batch->losses[LOSSES_MAX - 1]->last_seq, 90);
    while (sender.sent_seq < 29) {
        ck_assert_int_eq(hear_ack(sender.sent_seq, 64), SENDER_ACK);
        ck_assert_uint_eq(next_batch()->n_losses, LOSSES_MAX);
    }
    ck_assert_int_eq(hear_ack(29, 64), SENDER_ACK);
    ck_assert_uint_eq(next_batch()->n_losses, LOSSES_MAX - 1); /* without the one that was reported and passed */
}
END_TEST

/* All numbers as long as they get. */
START_TEST(a_batch_with_all_its_losses_keeps_to_its_length)
{
    outbox.newest_seq = (uint64_t)INT64_MAX - 1000;
    outbox.oldest_seq = outbox.newest_seq + 1;
    outbox.acked_seq = outbox.newest_seq;
    outbox.account.produced = UINT64_MAX;
    outbox.account.acknowledged = UINT64_MAX;
    for (unsigned reason = 0; reason < LOSS_REASON_COUNT; reason++)
        outbox.account.dropped[reason] = UINT64_MAX - 1000;
    push_many(100);
    uint64_t first_seq = outbox.oldest_seq + 1;
    for (uint64_t seq = first_seq; seq < first_seq + 90; seq += 2)
        damage(seq);
    stream(first_seq - 2, first_seq - 2, 64);
    size_t len = sender_produce(&sender, now_ms + ACK_MS, UINT64_MAX, out, sizeof out);
    const Headroom__Frame *frame = frames_get(&arena, out, len);
    ck_assert_uint_eq(frame->batch->n_samples, 1);
    ck_assert_uint_eq(frame->batch->n_losses, LOSSES_MAX);
    ck_assert_ptr_nonnull(frame->batch->account);
    ck_assert_uint_le(len, BATCH_REST_LEN_MAX + SAMPLE_LEN_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sender_past");

    CASES_ADD(suite, "holes", setup, teardown, batches_pass_over_holes_as_over_dropped_samples,
              later_holes_are_reported_too, a_batch_with_all_its_losses_keeps_to_its_length);
    CASES_ADD(suite, "an earlier run", setup, teardown, an_earlier_run_sends_goodbye_by_itself,
              a_collector_may_have_more_of_an_earlier_run);
    return suite_run(suite);
}
