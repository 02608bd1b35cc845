/* Whole conversations of an agent: Hello, credit, time, leaving. */
#include "sender_fixture.h"

#include "common/random.h"
#include "support/cases.h"
#include "support/suite.h"

/* ---- Hello ---- */

START_TEST(hello_describes_the_agent_and_its_samples)
{
    struct sender_identity rich = identity;

    rich.secret = (const uint8_t *)"sixteen bytes ..";
    rich.cpu_milli = 3500;
    rich.memory_bytes = UINT64_C(1) << 33;
    sender.identity = rich;
    push_many(CAPACITY + 5);
    sender_open(&sender, now_ms);
    const Headroom__Hello *hello = next()->hello;
    ck_assert_uint_eq(hello->version, WIRE_VERSION);
    ck_assert_str_eq(hello->node_id, "n1");
    ck_assert_str_eq(hello->group, "web");
    ck_assert_uint_eq(hello->instance, 77);
    ck_assert_uint_eq(hello->secret.len, AGENT_SECRET_LEN);
    ck_assert_mem_eq(hello->secret.data, "sixteen bytes ..", AGENT_SECRET_LEN);
    ck_assert_uint_eq(hello->cores, 4);
    ck_assert_uint_eq(hello->cpu_milli, 3500);
    ck_assert_uint_eq(hello->memory_bytes, UINT64_C(1) << 33);
    ck_assert_uint_eq(hello->interval_ms, 1000);
    ck_assert_uint_eq(hello->oldest_seq, 6);
    ck_assert_uint_eq(hello->newest_seq, CAPACITY + 5);
    ck_assert_uint_eq(hello->n_losses, 1);
    ck_assert_uint_eq(hello->losses[0]->first_seq, 1);
    ck_assert_uint_eq(hello->losses[0]->last_seq, 5);
    ck_assert_uint_eq(hello->account->produced, CAPACITY + 5);
    ck_assert_uint_eq(hello->account->dropped_outbox_full, 5);
    ck_assert_ptr_null(next()); /* nothing more before the Welcome */
}
END_TEST

START_TEST(hello_leaves_out_what_is_unknown)
{
    sender_open(&sender, now_ms);
    const Headroom__Hello *hello = next()->hello;
    ck_assert(!hello->has_cores && !hello->has_cpu_milli);
    ck_assert(!hello->has_memory_bytes);
    ck_assert_uint_eq(hello->oldest_seq, 1);
    ck_assert_uint_eq(hello->newest_seq, 0);
    ck_assert(!hello->has_place);
}
END_TEST

START_TEST(hello_says_which_collector_of_the_list_it_is_for)
{
    sender_set_place(&sender, 2);
    sender_open(&sender, now_ms);
    ck_assert_uint_eq(next()->hello->place, 2);
    sender_close(&sender);
    sender_set_place(&sender, 0);
    sender_open(&sender, now_ms);
    ck_assert_uint_eq(next()->hello->place, 0);
}
END_TEST

START_TEST(cores_and_memory_that_change_are_told_once)
{
    sender.identity.cpu_milli = 2000;
    sender.identity.memory_bytes = 4000;
    ck_assert(!sender_set_node(&sender, 2000, 4040));
    ck_assert(!sender_set_node(&sender, 2000, 3960));
    ck_assert(!sender_set_node(&sender, 0, 0)); /* it could not be read */
    open_and_greet();
    ck_assert_int_eq(hear_welcome(welcome_of(0, 0, 1000)), SENDER_WELCOME);
    ck_assert(sender_set_node(&sender, 4000, 4000));
    ck_assert(!sender_set_node(&sender, 4000, 4000));
    push_many(1);
    const Headroom__Batch *batch = next_batch();
    ck_assert(batch->has_cores && batch->has_cpu_milli && batch->has_memory_bytes);
    ck_assert_uint_eq(batch->cores, 4);
    ck_assert_uint_eq(batch->cpu_milli, 4000);
    ck_assert_uint_eq(batch->memory_bytes, 4000);
    push_many(1);
    batch = next_batch();
    ck_assert(!batch->has_cores && !batch->has_cpu_milli && !batch->has_memory_bytes);

    /* without samples, with the next keep-alive */
    ck_assert(sender_set_node(&sender, 4000, 8000));
    now_ms += ACK_MS;
    ck_assert_uint_eq(next_batch()->memory_bytes, 8000);

    /* and a Hello tells as well */
    ck_assert(sender_set_node(&sender, 7100, 8000));
    sender_close(&sender);
    sender_open(&sender, now_ms);
    ck_assert_uint_eq(next()->hello->cores, 8);
    ck_assert_int_eq(hear_welcome(welcome_of(2, 2, 1000)), SENDER_WELCOME);
    push_many(1);
    ck_assert(!next_batch()->has_cores);
}
END_TEST

/* ---- Welcome ---- */

START_TEST(batches_keep_to_the_limits_of_the_welcome)
{
    for (uint32_t samples_max = 1; samples_max <= 20; samples_max += 3) {
        for (uint32_t len_max = BATCH_REST_LEN_MAX + SAMPLE_LEN_MAX; len_max < 4000; len_max += 97) {
            struct sample sample = frames_largest_sample();
            for (unsigned i = 0; i < 40; i++)
                (void)outbox_push(&outbox, &sample);
            open_and_greet();
            Headroom__Welcome welcome = welcome_of(0, 0, 1000);
            welcome.batch_samples_max = samples_max;
            welcome.frame_len_max = len_max;
            ck_assert_int_eq(hear_welcome(welcome), SENDER_WELCOME);
            now_ms += ACK_MS; /* so that an account comes along */
            unsigned sent = 0;
            for (size_t len; (len = sender_produce(&sender, now_ms, UINT64_MAX, out, sizeof out)) > 0;) {
                ck_assert_uint_le(len, FRAME_HEAD_LEN + len_max);
                size_t count = frames_get(&arena, out, len)->batch->n_samples;
                ck_assert_uint_le(count, samples_max);
                sent += (unsigned)count;
            }
            ck_assert_uint_eq(sent, 40);
            sender_close(&sender);
            outbox_ack(&outbox, 40);
            outbox_renumber(&outbox, 78);
        }
    }
}
END_TEST

START_TEST(streaming_continues_after_the_resume_seq)
{
    push_many(20);
    stream(12, 5, 64);
    ck_assert_uint_eq(outbox.acked_seq, 5);
    const Headroom__Batch *batch = next_batch();
    ck_assert_uint_eq(batch->n_samples, 8);
    ck_assert_uint_eq(batch->samples[0]->seq, 13);
    ck_assert_uint_eq(batch->samples[7]->seq, 20);
    ck_assert_uint_eq(batch->sent_uptime_ms, now_ms);
    ck_assert_ptr_null(next());
}
END_TEST

START_TEST(a_new_session_sends_again_what_the_last_one_lost)
{
    push_many(20);
    stream(0, 0, 64);
    ck_assert_uint_eq(next_batch()->n_samples, 20);
    sender_close(&sender);
    ck_assert_ptr_null(next());
    stream(7, 7, 64);
    const Headroom__Batch *batch = next_batch();
    ck_assert_uint_eq(batch->n_samples, 13);
    ck_assert_uint_eq(batch->samples[0]->seq, 8);
}
END_TEST

/* ---- credit ---- */

START_TEST(no_more_is_in_flight_than_the_credit_allows)
{
    push_many(50);
    stream(10, 4, 16); /* 6 of the 16 are in flight already */
    ck_assert_uint_eq(next_batch()->n_samples, 10);
    ck_assert_ptr_null(next());
    ck_assert_int_eq(hear_ack(4, 16), SENDER_ACK);
    ck_assert_ptr_null(next());
    ck_assert_int_eq(hear_ack(12, 16), SENDER_ACK);
    ck_assert_uint_eq(next_batch()->n_samples, 8);
    ck_assert_int_eq(hear_ack(20, 4), SENDER_ACK); /* less credit: 8 in flight, 4 allowed */
    ck_assert_ptr_null(next());
    ck_assert_int_eq(hear_ack(25, 4), SENDER_ACK);
    ck_assert_uint_eq(next_batch()->n_samples, 1);
    ck_assert_int_eq(hear_ack(29, 0), SENDER_ACK);
    ck_assert_ptr_null(next());
}
END_TEST

START_TEST(a_random_script_never_exceeds_the_credit)
{
    uint64_t random = (uint64_t)_i;
    uint32_t credit = 1 + (uint32_t)random_below(&random, 40);
    uint64_t sent_seq = 0, stored_seq = 0;

    stream(0, 0, credit);
    for (unsigned i = 0; i < 2000; i++) {
        if (random_below(&random, 2) == 0)
            push_many((unsigned)random_below(&random, 30));
        Headroom__Frame *frame = random_below(&random, 3) == 0 ? next() : NULL;
        if (frame != NULL && frame->batch->n_samples > 0) {
            const Headroom__Batch *batch = frame->batch;
            bool jump = batch->samples[0]->seq != sent_seq + 1;
            if (jump)
                ck_assert_uint_eq(stored_seq, sent_seq); /* all in flight was acknowledged before */
            uint64_t base_seq = jump ? batch->samples[0]->seq - 1 : 0;
            for (size_t k = 0; k < batch->n_samples; k++)
                ck_assert_uint_eq(batch->samples[k]->seq, batch->samples[0]->seq + k);
            sent_seq = batch->samples[batch->n_samples - 1]->seq;
            if (base_seq > stored_seq)
                stored_seq = base_seq;
            ck_assert_uint_le(sent_seq - stored_seq, credit);
        }
        if (random_below(&random, 3) == 0 && sent_seq > 0) {
            uint64_t floor_seq = sender.stored_seq;
            uint64_t acked_seq = floor_seq + random_below(&random, sent_seq - floor_seq + 1);
            credit = (uint32_t)random_below(&random, 40);
            ck_assert_int_eq(hear_ack(acked_seq, credit), SENDER_ACK);
            stored_seq = acked_seq > stored_seq ? acked_seq : stored_seq;
            /* what is on its way already is not taken back */
            if (sent_seq - stored_seq > credit)
                credit = (uint32_t)(sent_seq - stored_seq);
        }
    }
}
END_TEST

START_TEST(a_hole_is_passed_over_only_when_nothing_is_in_flight)
{
    push_many(50);
    stream(0, 0, 20);
    ck_assert_uint_eq(next_batch()->n_samples, 20);
    push_many(100); /* 1 to 50 are dropped, 21 to 50 of them unsent */
    ck_assert_ptr_null(next());
    ck_assert_int_eq(hear_ack(19, 20), SENDER_ACK);
    ck_assert_ptr_null(next());
    ck_assert_int_eq(hear_ack(20, 20), SENDER_ACK);
    const Headroom__Batch *batch = next_batch();
    ck_assert_uint_eq(batch->n_samples, 20);
    ck_assert_uint_eq(batch->samples[0]->seq, 51);
    ck_assert_uint_eq(batch->n_losses, 1); /* and explained */
    ck_assert_uint_eq(batch->losses[0]->first_seq, 21);
    ck_assert_uint_eq(batch->losses[0]->last_seq, 50);
    ck_assert_uint_eq(outbox_dropped(&outbox), 30); /* the 20 that arrived are forgiven */
    ck_assert_int_eq(hear_ack(70, 20), SENDER_ACK);
    batch = next_batch();
    ck_assert_uint_eq(batch->samples[0]->seq, 71);
    ck_assert_uint_eq(batch->n_losses, 0); /* once */
}
END_TEST

/* A collector that has never heard of this instance, or only of its beginning, has nothing in flight for it. */
START_TEST(a_gap_before_the_oldest_sample_does_not_use_up_credit)
{
    push_many(CAPACITY + 500);
    stream(0, 0, 64);
    const Headroom__Batch *batch = next_batch();
    ck_assert_uint_eq(batch->n_samples, 64);
    ck_assert_uint_eq(batch->samples[0]->seq, 501);
}
END_TEST

START_TEST(what_is_sent_again_counts_again)
{
    push_many(20);
    stream(0, 0, 64);
    ck_assert_uint_eq(next_batch()->n_samples, 20);
    ck_assert_uint_eq(outbox.account.sent, 20);
    sender_close(&sender);
    sender_open(&sender, now_ms);
    const Headroom__Hello *hello = next()->hello;
    ck_assert(hello->account->has_sent);
    ck_assert_uint_eq(hello->account->sent, 20);
    ck_assert_int_eq(hear_welcome(welcome_of(15, 10, 64)), SENDER_WELCOME);
    ck_assert_uint_eq(next_batch()->n_samples, 5);
    ck_assert_uint_eq(outbox.account.sent, 25);
}
END_TEST

START_TEST(acks_below_the_last_one_change_nothing)
{
    push_many(20);
    stream(0, 0, 64);
    ck_assert_uint_eq(next_batch()->n_samples, 20);
    ck_assert_int_eq(hear_ack(10, 64), SENDER_ACK);
    ck_assert_int_eq(hear_ack(4, 64), SENDER_ACK);
    ck_assert_uint_eq(outbox.acked_seq, 10);
    ck_assert_uint_eq(sender.stored_seq, 10);
    ck_assert_uint_eq(outbox.account.acknowledged, 10);
}
END_TEST

START_TEST(an_ack_of_what_was_never_sent_breaks_the_protocol)
{
    push_many(20);
    stream(0, 0, 10);
    ck_assert_uint_eq(next_batch()->n_samples, 10);
    ck_assert_int_eq(hear_ack(11, 10), SENDER_BROKEN);
    ck_assert_uint_eq(outbox.acked_seq, 0);
}
END_TEST

START_TEST(held_follows_the_collectors_answers)
{
    push_many(5);
    open_and_greet();
    Headroom__Welcome welcome = welcome_of(0, 0, 64);
    welcome.held = true;
    ck_assert_int_eq(hear_welcome(welcome), SENDER_WELCOME);
    ck_assert(sender.held);
    ck_assert_uint_eq(next_batch()->n_samples, 5); /* credit, not held, stops the flow */
    ck_assert_int_eq(hear(frames_put_ack(0, 64, false, buf)), SENDER_ACK);
    ck_assert(!sender.held);
    ck_assert_int_eq(hear(frames_put_ack(0, 64, true, buf)), SENDER_ACK);
    ck_assert(sender.held);
}
END_TEST

/* ---- time ---- */

START_TEST(a_sign_of_life_comes_each_ack_interval)
{
    stream(0, 0, 64);
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_uint_eq(sender_due_ms(&sender), now_ms + ACK_MS);
        now_ms += ACK_MS - 1;
        ck_assert_ptr_null(next());
        now_ms += 1;
        const Headroom__Batch *batch = next_batch();
        ck_assert_uint_eq(batch->n_samples, 0);
        ck_assert_ptr_nonnull(batch->account);
        ck_assert_int_eq(hear_ack(0, 64), SENDER_ACK);
    }
}
END_TEST

START_TEST(signs_of_life_need_no_credit)
{
    push_many(5);
    stream(0, 0, 0);
    ck_assert_ptr_null(next());
    now_ms += ACK_MS;
    ck_assert_uint_eq(next_batch()->n_samples, 0);
}
END_TEST

/* At the latest with the first frame after an ack interval has passed. */
START_TEST(an_account_comes_about_each_ack_interval)
{
    static const uint32_t intervals_ms[] = {50, 700, 999, 1000, 1001, 1700, 3000, 4999, 5000, 20000};

    for (size_t i = 0; i < sizeof intervals_ms / sizeof intervals_ms[0]; i++) {
        stream(0, 0, 1000);
        uint64_t account_ms = now_ms;
        uint64_t sample_ms = now_ms + intervals_ms[i];
        for (uint64_t end_ms = now_ms + 100000; now_ms < end_ms;) {
            now_ms = sample_ms < sender_due_ms(&sender) ? sample_ms : sender_due_ms(&sender);
            if (now_ms == sample_ms) {
                push_many(1);
                sample_ms += intervals_ms[i];
            }
            for (Headroom__Frame *frame; (frame = next()) != NULL;) {
                if (frame->batch->account == NULL)
                    continue;
                if (now_ms - account_ms > ACK_MS + intervals_ms[i] || now_ms - account_ms > 2 * ACK_MS)
                    ck_abort_msg("interval %u ms: account after %llu ms", intervals_ms[i],
                                 (unsigned long long)(now_ms - account_ms));
                account_ms = now_ms;
            }
            ck_assert_int_eq(hear_ack(sender.sent_seq, 1000), SENDER_ACK);
        }
        sender_close(&sender);
        outbox_renumber(&outbox, 78);
    }
}
END_TEST

START_TEST(a_collector_that_does_not_welcome_is_dead)
{
    sender_open(&sender, now_ms);
    ck_assert_uint_eq(sender_due_ms(&sender), now_ms + GREETING_MS_MAX);
    ck_assert_ptr_nonnull(next());
    ck_assert(!sender_dead(&sender, now_ms + GREETING_MS_MAX - 1));
    ck_assert(sender_dead(&sender, now_ms + GREETING_MS_MAX));
    sender_close(&sender);
    ck_assert(!sender_dead(&sender, now_ms + GREETING_MS_MAX));
    ck_assert_uint_eq(sender_due_ms(&sender), UINT64_MAX);
}
END_TEST

START_TEST(a_collector_silent_for_three_ack_intervals_is_dead)
{
    stream(0, 0, 64);
    uint64_t heard_ms = now_ms;
    while (sender_due_ms(&sender) < heard_ms + 3ULL * ACK_MS) {
        now_ms = sender_due_ms(&sender);
        ck_assert(!sender_dead(&sender, now_ms));
        (void)next_batch();
    }
    now_ms = heard_ms + 3ULL * ACK_MS;
    ck_assert_uint_eq(sender_due_ms(&sender), now_ms);
    ck_assert(!sender_dead(&sender, now_ms - 1));
    ck_assert(sender_dead(&sender, now_ms));
}
END_TEST

START_TEST(any_frame_proves_life)
{
    stream(0, 0, 64);
    for (unsigned i = 0; i < 10; i++) {
        now_ms += 3 * ACK_MS - 1;
        ck_assert(!sender_dead(&sender, now_ms));
        ck_assert_int_eq(hear_ack(0, 64), SENDER_ACK);
    }
}
END_TEST

/* ---- drops ---- */

static void hear_reject(Headroom__RejectCode code)
{
    ck_assert_int_eq(hear(frames_put_reject(HEADROOM__ACTION__ACTION_RETRY, code, "no", buf)), SENDER_REJECTED);
    sender_close(&sender);
}

START_TEST(an_outage_is_distinguished_from_a_reject)
{
    static const struct {
        Headroom__RejectCode code;
        bool refusal;
    } codes[] = {
        {HEADROOM__REJECT_CODE__REJECT_CODE_KEY, true},       {HEADROOM__REJECT_CODE__REJECT_CODE_IDENTITY, true},
        {HEADROOM__REJECT_CODE__REJECT_CODE_MALFORMED, true}, {HEADROOM__REJECT_CODE__REJECT_CODE_STOPPING, false},
        {HEADROOM__REJECT_CODE__REJECT_CODE_FULL, false},     {HEADROOM__REJECT_CODE__REJECT_CODE_TAKEN_OVER, false},
        {HEADROOM__REJECT_CODE__REJECT_CODE_IDLE, false},
    };

    push_many(CAPACITY);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        uint64_t before = outbox.account.dropped[LOSS_REJECTED];
        open_and_greet();
        hear_reject(codes[i].code);
        push_many(1);
        ck_assert_uint_eq(outbox.account.dropped[LOSS_REJECTED] - before, codes[i].refusal);
    }
    open_and_greet();
    hear_reject(HEADROOM__REJECT_CODE__REJECT_CODE_KEY);
    stream(0, 0, 0);
    push_many(1);
    sender_close(&sender);
    sender_open(&sender, now_ms);
    const Headroom__Hello *hello = next()->hello;
    ck_assert_uint_eq(hello->account->dropped_rejected, 3);
    ck_assert_uint_eq(hello->account->dropped_outbox_full, 5);
    ck_assert_uint_eq(hello->n_losses, 2);
    ck_assert_int_eq(hello->losses[0]->reason, HEADROOM__LOSS_REASON__LOSS_REASON_REJECTED);
    ck_assert_uint_eq(hello->losses[0]->last_seq, 3);
    ck_assert_int_eq(hello->losses[1]->reason, HEADROOM__LOSS_REASON__LOSS_REASON_OUTBOX_FULL);
}
END_TEST

/* ---- leaving ---- */

START_TEST(goodbye_comes_after_the_last_sample_and_the_end_after_its_ack)
{
    push_many(30);
    stream(0, 0, 20);
    sender_leave(&sender, HEADROOM__DEPARTURE__DEPARTURE_LEAVING);
    ck_assert_uint_eq(next_batch()->n_samples, 20);
    ck_assert_ptr_null(next()); /* credit is out, ten wait */
    ck_assert_int_eq(hear_ack(20, 20), SENDER_ACK);
    ck_assert_uint_eq(next_batch()->n_samples, 10);
    Headroom__Frame *frame = next();
    ck_assert_int_eq(frame->body_case, HEADROOM__FRAME__BODY_GOODBYE);
    ck_assert_int_eq(frame->goodbye->departure, HEADROOM__DEPARTURE__DEPARTURE_LEAVING);
    ck_assert(!sender_done(&sender));
    push_many(1);
    ck_assert_ptr_null(next()); /* Goodbye was the last frame */
    ck_assert_int_eq(hear_ack(29, 20), SENDER_ACK);
    ck_assert(!sender_done(&sender));
    ck_assert_int_eq(hear_ack(30, 20), SENDER_ACK);
    ck_assert(!sender_done(&sender)); /* what is missing may not be on disk yet */
    ck_assert_int_eq(hear_last_ack(30), SENDER_ACK);
    ck_assert(sender_done(&sender));
    ck_assert(sender_dead(&sender, now_ms + 3 * ACK_MS));
}
END_TEST

START_TEST(with_nothing_to_send_goodbye_comes_at_once)
{
    stream(0, 0, 20);
    ck_assert(!sender_done(&sender));
    sender_leave(&sender, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
    Headroom__Frame *frame = next();
    ck_assert_int_eq(frame->body_case, HEADROOM__FRAME__BODY_GOODBYE);
    ck_assert_int_eq(frame->goodbye->departure, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
    ck_assert_int_eq(hear_ack(0, 20), SENDER_ACK); /* it was under way before */
    ck_assert(!sender_done(&sender));
    ck_assert_int_eq(hear_last_ack(0), SENDER_ACK);
    ck_assert(sender_done(&sender));
}
END_TEST

START_TEST(who_leaves_before_the_welcome_still_delivers)
{
    push_many(3);
    sender_leave(&sender, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
    stream(0, 0, 20);
    ck_assert_uint_eq(next_batch()->n_samples, 3);
    ck_assert_int_eq(next()->body_case, HEADROOM__FRAME__BODY_GOODBYE);
    ck_assert(!sender_done(&sender));
    ck_assert_int_eq(hear_last_ack(3), SENDER_ACK);
    ck_assert(sender_done(&sender));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sender");
    TCase *tcase = tcase_create("script");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_random_script_never_exceeds_the_credit, 0, 20);
    suite_add_tcase(suite, tcase);
    CASES_ADD(suite, "session", setup, teardown, hello_describes_the_agent_and_its_samples,
              hello_leaves_out_what_is_unknown, hello_says_which_collector_of_the_list_it_is_for,
              cores_and_memory_that_change_are_told_once, batches_keep_to_the_limits_of_the_welcome,
              streaming_continues_after_the_resume_seq, a_new_session_sends_again_what_the_last_one_lost);
    CASES_ADD(suite, "credit", setup, teardown, no_more_is_in_flight_than_the_credit_allows,
              a_hole_is_passed_over_only_when_nothing_is_in_flight,
              a_gap_before_the_oldest_sample_does_not_use_up_credit, what_is_sent_again_counts_again,
              acks_below_the_last_one_change_nothing, an_ack_of_what_was_never_sent_breaks_the_protocol,
              held_follows_the_collectors_answers);
    CASES_ADD(suite, "time", setup, teardown, a_sign_of_life_comes_each_ack_interval, signs_of_life_need_no_credit,
              an_account_comes_about_each_ack_interval, a_collector_that_does_not_welcome_is_dead,
              a_collector_silent_for_three_ack_intervals_is_dead, any_frame_proves_life);
    CASES_ADD(suite, "drops", setup, teardown, an_outage_is_distinguished_from_a_reject);
    CASES_ADD(suite, "leaving", setup, teardown, goodbye_comes_after_the_last_sample_and_the_end_after_its_ack,
              with_nothing_to_send_goodbye_comes_at_once, who_leaves_before_the_welcome_still_delivers);
    return suite_run(suite);
}
