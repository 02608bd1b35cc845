/* Readings: what the collector uses at once, and neither stores nor acknowledges; and what else a session says of its
 * node. */
#include "intake_fixture.h"

#include "support/cases.h"
#include "support/suite.h"

static void say_reading(uint64_t seq, uint64_t sent_uptime_ms)
{
    Headroom__Reading reading = HEADROOM__READING__INIT;
    Headroom__Sample message;
    struct sample sample = frames_sample(seq);

    wire_put_sample(&sample, &message);
    reading.sent_uptime_ms = sent_uptime_ms;
    reading.sample = &message;
    say(0, frames_put(HEADROOM__FRAME__BODY_READING, &reading, buf));
}

START_TEST(the_welcome_offers_readings)
{
    const Headroom__Welcome *welcome = greet(0, frames_hello());

    ck_assert(welcome->has_takes_readings && welcome->takes_readings);
}
END_TEST

START_TEST(a_reading_is_in_the_ring_only)
{
    (void)greet(0, hello_of(1, 1, 9));
    send_samples(0, 1, 3);
    now_ms += 7000;
    say_reading(10, 10500);
    const struct node *node = intakes[0].node;
    ck_assert_uint_eq(node->ring.count, 4);
    ck_assert_int_eq(ring_time_ms(&node->ring, 3), (int64_t)now_ms - 500);
    ck_assert_int_eq(node->seen_ms, (int64_t)now_ms - 500);
    ck_assert_uint_eq(backlog_waiting(&hub.backlog), 3);
    ck_assert_uint_eq(intakes[0].instance->received_seq, 3);
    ck_assert_uint_eq(hub.intake.account.samples, 3);
    ck_assert_uint_eq(hub.intake.account.readings, 1);
    ck_assert_uint_eq(intakes[0].unacked, 3);
}
END_TEST

START_TEST(the_sample_that_follows_is_stored_and_not_taken_into_the_ring_twice)
{
    (void)greet(0, hello_of(1, 1, 9));
    say_reading(5, 5000);
    send_samples(0, 1, 6);
    const struct node *node = intakes[0].node;
    ck_assert_uint_eq(backlog_waiting(&hub.backlog), 6);
    ck_assert_uint_eq(hub.intake.account.samples, 6);
    ck_assert_uint_eq(node->ring.count, 2); /* 5 and 6: what is older comes too late */
    ck_assert_uint_eq(intake_dropped(&hub.intake.account), 0);
}
END_TEST

START_TEST(older_readings_are_ignored)
{
    (void)greet(0, hello_of(1, 1, 9));
    send_samples(0, 1, 3);
    say_reading(3, 3000);
    say_reading(7, 7000);
    say_reading(7, 7000);
    say_reading(6, 7000);
    ck_assert_uint_eq(hub.intake.account.readings, 1);
    ck_assert_uint_eq(intakes[0].node->ring.count, 4);
    ck_assert_int_eq(intakes[0].state, INTAKE_STREAMING);
}
END_TEST

START_TEST(a_reading_is_a_sign_of_life_and_comes_while_the_store_is_held)
{
    (void)greet(0, hello_of(1, 1, 0));
    send_samples(0, 1, CREDIT);
    hub.intake.held = true;
    for (uint64_t seq = CREDIT + 1; seq < CREDIT + 100; seq++) {
        now_ms += 1000;
        say_reading(seq, seq * 1000);
        intake_tick(&intakes[0], now_ms);
        ck_assert_int_eq(registry_liveness(intakes[0].node, (int64_t)now_ms, 60000), NODE_LIVE);
    }
    ck_assert_int_eq(intakes[0].state, INTAKE_STREAMING);
    ck_assert_uint_eq(hub.intake.account.readings, 99);
}
END_TEST

START_TEST(a_reading_before_hello_is_out_of_order)
{
    say_reading(1, 1000);
    ASSERT_REJECTED(0, RETRY, MALFORMED);
}
END_TEST

/* ---- what else is said of the node ---- */

START_TEST(a_batch_says_whether_the_node_protects_itself)
{
    Headroom__Batch batch = HEADROOM__BATCH__INIT;

    (void)greet(0, frames_hello());
    batch.has_protects = true;
    batch.protects = true;
    say(0, frames_put(HEADROOM__FRAME__BODY_BATCH, &batch, buf));
    ck_assert(intakes[0].node->protects);
    send_samples(0, 1, 2); /* says nothing of it */
    ck_assert(intakes[0].node->protects);
    batch.protects = false;
    say(0, frames_put(HEADROOM__FRAME__BODY_BATCH, &batch, buf));
    ck_assert(!intakes[0].node->protects);
}
END_TEST

START_TEST(an_agent_that_never_speaks_of_protection_again_does_not_protect)
{
    (void)greet(0, frames_hello());
    intakes[0].node->protects = true;
    intake_detach(&intakes[0]);
    (void)greet(1, hello_of(2, 1, 0));
    now_ms += (uint64_t)registry_live_ms(intakes[1].node) + 1000; /* the time is measured in seconds */
    send_samples(1, 1, 2);
    ck_assert(!intakes[1].node->protects);
}
END_TEST

/* An agent that reconnects or restarts says it in its first batches, and no scale-in comes before. */
START_TEST(protection_holds_until_the_agent_has_had_time_to_speak_of_it)
{
    Headroom__Batch batch = HEADROOM__BATCH__INIT;

    (void)greet(0, frames_hello());
    intakes[0].node->protects = true;
    intake_detach(&intakes[0]);
    (void)greet(1, hello_of(2, 1, 0));
    ck_assert(intakes[1].node->protects);
    send_samples(1, 1, 2);
    ck_assert(intakes[1].node->protects);
    batch.has_protects = true;
    batch.protects = true;
    say(1, frames_put(HEADROOM__FRAME__BODY_BATCH, &batch, buf));
    now_ms += (uint64_t)registry_live_ms(intakes[1].node);
    send_samples(1, 2, 3);
    ck_assert(intakes[1].node->protects); /* it was said, and is not said again */
}
END_TEST

static void leave(Headroom__Departure departure, bool reboots)
{
    Headroom__Goodbye goodbye = HEADROOM__GOODBYE__INIT;

    goodbye.departure = departure;
    goodbye.has_reboots = reboots;
    goodbye.reboots = reboots;
    say(0, frames_put(HEADROOM__FRAME__BODY_GOODBYE, &goodbye, buf));
}

START_TEST(a_goodbye_may_say_that_the_machine_reboots)
{
    (void)greet(0, frames_hello());
    leave(HEADROOM__DEPARTURE__DEPARTURE_RESTARTING, true);
    ck_assert_int_eq(intakes[0].node->farewell, FAREWELL_REBOOTING);
    ck_assert_int_eq(intakes[0].node->farewell_ms, (int64_t)now_ms);
}
END_TEST

START_TEST(what_an_agent_that_moves_has_not_sent_is_not_missing)
{
    Headroom__Account account = HEADROOM__ACCOUNT__INIT;
    Headroom__Hello hello = hello_of(1, 1, 9);

    account.produced = 9;
    hello.account = &account;
    (void)greet(0, hello);
    send_samples(0, 1, 4);
    leave(HEADROOM__DEPARTURE__DEPARTURE_MOVED, false);
    ck_assert_int_eq(intakes[0].node->farewell, FAREWELL_MOVED);
    struct instance *instance = intakes[0].instance;
    store();
    (void)answer(0);
    ck_assert(intake_done(&intakes[0]));
    ck_assert_uint_eq(agent_account_waiting(&instance->account), 9); /* the other collector acknowledges them */
    ck_assert_uint_eq(hub.intake.account.missing[GAP_ELSEWHERE], 0);
    (void)greet(1, hello_of(1, 5, 9)); /* it is back */
    send_samples(1, 5, 9);
    ck_assert_uint_eq(hub.intake.account.samples, 9);
    ck_assert_uint_eq(hub.intake.account.missing[GAP_ELSEWHERE], 0);
}
END_TEST

START_TEST(a_node_that_restarts_under_another_name_is_renamed)
{
    Headroom__Hello hello = hello_of(1, 1, 0);

    hello.has_boot_id = true;
    hello.boot_id = 77;
    (void)greet(0, hello);
    send_samples(0, 1, 3);
    const struct node *before = intakes[0].node;
    leave(HEADROOM__DEPARTURE__DEPARTURE_RESTARTING, false);
    store();
    (void)answer(0);
    intake_detach(&intakes[0]);
    hello.instance = 2;
    hello.node_id = (char *)"n2";
    (void)greet(1, hello);
    ck_assert_ptr_eq(intakes[1].findings.renamed, before);
    ck_assert_uint_eq(intakes[1].node->ring.count, 3);
    ck_assert_int_eq(registry_liveness(before, (int64_t)now_ms, 60000), NODE_GONE);
    ck_assert_int_eq(registry_liveness(intakes[1].node, (int64_t)now_ms, 60000), NODE_RETURNING);
    hello.instance = 3;
    hello.node_id = (char *)"n3";
    (void)greet(2, hello); /* another one of the same machine */
    ck_assert_ptr_null(intakes[2].findings.renamed);
    ck_assert_int_eq(registry_liveness(intakes[2].node, (int64_t)now_ms, 60000), NODE_NEW);
}
END_TEST

START_TEST(who_ended_a_connection_is_known_by_name)
{
    (void)greet(0, hello_of(1, 1, 0));
    (void)greet(1, hello_of(1, 1, 0));
    ck_assert_str_eq(intakes[0].reject.node_id, "n1");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intake_readings");

    CASES_ADD(suite, "readings", setup, teardown, the_welcome_offers_readings, a_reading_is_in_the_ring_only,
              the_sample_that_follows_is_stored_and_not_taken_into_the_ring_twice, older_readings_are_ignored,
              a_reading_is_a_sign_of_life_and_comes_while_the_store_is_held, a_reading_before_hello_is_out_of_order);
    CASES_ADD(suite, "nodes", setup, teardown, a_batch_says_whether_the_node_protects_itself,
              an_agent_that_never_speaks_of_protection_again_does_not_protect,
              protection_holds_until_the_agent_has_had_time_to_speak_of_it, a_goodbye_may_say_that_the_machine_reboots,
              what_an_agent_that_moves_has_not_sent_is_not_missing, a_node_that_restarts_under_another_name_is_renamed,
              who_ended_a_connection_is_known_by_name);
    return suite_run(suite);
}
