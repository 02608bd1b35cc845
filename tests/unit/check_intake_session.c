/* How intake handles successive sessions: resuming, twins, Acks, silence, leaving. */
#include "intake_fixture.h"

#include "support/cases.h"
#include "support/suite.h"

#include <string.h>

/* ---- resuming ---- */

START_TEST(a_session_resumes_where_the_last_one_ended)
{
    (void)greet(0, hello_of(1, 1, 30));
    send_samples(0, 1, 10);
    store();
    send_samples(0, 11, 20);
    intake_detach(&intakes[0]);
    ck_assert_uint_eq(hub.backlog.orphans, 10);
    const Headroom__Welcome *welcome = greet(1, hello_of(1, 1, 30));
    ck_assert_uint_eq(welcome->resume_seq, 20);
    ck_assert_uint_eq(welcome->stored_seq, 10);
    ck_assert_uint_eq(hub.backlog.orphans, 0);
    send_samples(1, 21, 20 + CREDIT - 10);
    ck_assert_int_eq(intakes[1].state, INTAKE_STREAMING);
    send_samples(1, 100, 100); /* the ten of the first session count too */
    ASSERT_REJECTED(1, RETRY, CREDIT_EXCEEDED);
}
END_TEST

START_TEST(an_unknown_instance_begins_at_zero)
{
    (void)greet(0, hello_of(1, 1, 10));
    send_samples(0, 1, 10);
    intake_detach(&intakes[0]);
    ck_assert_uint_eq(greet(1, hello_of(2, 1, 5))->resume_seq, 0);
    send_samples(1, 1, 5);
    intake_detach(&intakes[1]);
    ck_assert_uint_eq(greet(2, hello_of(1, 1, 10))->resume_seq, 10);
    ck_assert_uint_eq(hub.intake.account.duplicates, 0);
}
END_TEST

START_TEST(rows_of_ended_sessions_are_still_stored)
{
    (void)greet(0, hello_of(1, 1, 10));
    send_samples(0, 1, 10);
    hub_store_begin(&hub);
    intake_detach(&intakes[0]);
    hub_store_end(&hub);
    ck_assert_uint_eq(hub.backlog.orphans, 0);
    const Headroom__Welcome *welcome = greet(1, hello_of(1, 1, 10));
    ck_assert_uint_eq(welcome->resume_seq, 10);
    ck_assert_uint_eq(welcome->stored_seq, 10);
}
END_TEST

/* ---- two under one id ---- */

START_TEST(the_same_instance_takes_over_at_once)
{
    (void)greet(0, hello_of(1, 1, 10));
    send_samples(0, 1, 10);
    ck_assert_uint_eq(greet(1, hello_of(1, 1, 10))->resume_seq, 10);
    ck_assert_ptr_eq(intakes[1].evicted, &intakes[0]);
    ASSERT_REJECTED(0, RETRY, TAKEN_OVER);
    ck_assert_uint_eq(hub.intake.streaming, 1);
    send_samples(1, 11, 12);
    ck_assert_uint_eq(hub.intake.account.samples, 12);
    intake_detach(&intakes[0]); /* the late end of the first changes nothing */
    ck_assert_ptr_eq(intakes[1].node->intake, &intakes[1]);
    ck_assert_ptr_eq(intakes[1].instance->intake, &intakes[1]);
}
END_TEST

static Headroom__Hello hello_with(uint8_t byte, uint64_t instance, uint64_t oldest_seq, uint64_t newest_seq)
{
    static uint8_t secret[AGENT_SECRET_LEN];
    Headroom__Hello hello = hello_of(instance, oldest_seq, newest_seq);

    memset(secret, byte, sizeof secret);
    hello.has_secret = true;
    hello.secret = (ProtobufCBinaryData){.len = sizeof secret, .data = secret};
    return hello;
}

static void assert_twin(unsigned i, Headroom__Hello hello)
{
    say(i, frames_put_hello(&hello, buf));
    ASSERT_REJECTED(i, RETRY, TWIN);
}

/* Says Hello with a key, as the agent with that secret. */
static void say_with_key(unsigned i, struct peer_claim *claim, const char *group, uint8_t byte)
{
    Headroom__Hello hello = hello_with(byte, byte, 1, 0);

    intakes[i].claim = claim;
    hello.group = (char *)group;
    say(i, frames_put_hello(&hello, buf));
}

START_TEST(the_key_of_a_group_takes_no_node_of_another_groups_agent)
{
    struct key_ring ring = {.count = 1, .secrets[0].epoch = "0123abcd"};
    struct peer_claim db = {.proof = PEER_KEY,
                            .key = {.ring = &ring, .identity = {"0123abcd", "db", "*"}, .verdict = KEY_ACCEPTED}};
    struct peer_claim web = {.proof = PEER_KEY,
                             .key = {.ring = &ring, .identity = {"0123abcd", "web", "*"}, .verdict = KEY_ACCEPTED}};
    struct peer_claim node = {.proof = PEER_KEY,
                              .key = {.ring = &ring, .identity = {"0123abcd", "web", "n1"}, .verdict = KEY_ACCEPTED}};

    say_with_key(0, &db, "db", 1);
    ck_assert_int_eq(answer(0)->body_case, HEADROOM__FRAME__BODY_WELCOME);
    send_samples(0, 1, 1);
    intake_detach(&intakes[0]);
    say_with_key(1, &web, "web", 2);
    ASSERT_REJECTED(1, RETRY_SLOWLY, KEY);
    say_with_key(2, &db, "db", 3); /* a machine that was installed anew */
    ck_assert_int_eq(answer(2)->body_case, HEADROOM__FRAME__BODY_WELCOME);
    intake_detach(&intakes[2]);
    say_with_key(3, &node, "web", 4);
    ck_assert_int_eq(answer(3)->body_case, HEADROOM__FRAME__BODY_WELCOME);
    intake_detach(&intakes[3]);
    say_with_key(4, &db, "db", 1); /* the owner itself has another key now */
    ck_assert_int_eq(answer(4)->body_case, HEADROOM__FRAME__BODY_WELCOME);
}
END_TEST

START_TEST(a_node_without_samples_is_in_no_group_and_may_be_taken)
{
    struct key_ring ring = {.count = 1, .secrets[0].epoch = "0123abcd"};
    struct peer_claim db = {.proof = PEER_KEY,
                            .key = {.ring = &ring, .identity = {"0123abcd", "db", "*"}, .verdict = KEY_ACCEPTED}};
    struct peer_claim web = {.proof = PEER_KEY,
                             .key = {.ring = &ring, .identity = {"0123abcd", "web", "*"}, .verdict = KEY_ACCEPTED}};

    say_with_key(0, &db, "db", 1);
    ck_assert_int_eq(answer(0)->body_case, HEADROOM__FRAME__BODY_WELCOME);
    intake_detach(&intakes[0]);
    say_with_key(1, &web, "web", 2);
    ck_assert_int_eq(answer(1)->body_case, HEADROOM__FRAME__BODY_WELCOME);
}
END_TEST

START_TEST(the_instance_alone_takes_nothing_over_from_the_owner)
{
    (void)greet(0, hello_with(1, 1, 1, 10));
    send_samples(0, 1, 5);
    assert_twin(1, hello_of(1, 1, 10));
    assert_twin(2, hello_with(2, 1, 1, 10));
    now_ms += 4000; /* it is silent, as one that was stopped */
    assert_twin(3, hello_with(2, 2, 1, 10));
    intake_detach(&intakes[0]);
    assert_twin(4, hello_with(2, 1, 1, 10)); /* whose samples would be acknowledged as its own */
    ck_assert_uint_eq(greet(5, hello_with(1, 1, 1, 10))->resume_seq, 5);
}
END_TEST

START_TEST(the_owner_takes_its_node_back_at_once)
{
    (void)greet(0, hello_with(1, 1, 1, 10));
    (void)greet(1, hello_with(1, 9, 1, 10)); /* with another instance, too */
    ASSERT_REJECTED(0, RETRY, TAKEN_OVER);
    intake_detach(&intakes[1]);
    (void)greet(2, hello_with(2, 2, 1, 10)); /* a stranger, or a machine that was installed anew */
    send_samples(2, 1, 5);
    (void)greet(3, hello_with(1, 1, 1, 10));
    ASSERT_REJECTED(2, RETRY, TAKEN_OVER);
    ck_assert_uint_eq(greet(4, hello_with(1, 1, 1, 10))->resume_seq, 0);
}
END_TEST

START_TEST(an_owner_that_is_away_for_long_has_lost_its_node)
{
    (void)greet(0, hello_with(1, 1, 1, 10));
    send_samples(0, 1, 5);
    intake_detach(&intakes[0]);
    now_ms += OWNERSHIP_MS + 1000;
    (void)greet(1, hello_with(2, 2, 1, 10));
    send_samples(1, 1, 5);
    assert_twin(2, hello_with(1, 1, 1, 10));
    intake_detach(&intakes[1]);
    ck_assert_uint_eq(greet(3, hello_with(1, 1, 1, 10))->resume_seq, 5); /* its own samples are still known */
}
END_TEST

START_TEST(strangers_do_not_make_the_collector_forget_the_owner)
{
    (void)greet(0, hello_with(1, 1, 1, 10));
    send_samples(0, 1, 5);
    store();
    intake_detach(&intakes[0]);
    for (unsigned i = 1; i < AGENTS - 1; i++) {
        (void)greet(i, hello_with(2, 1 + i, 1, 0));
        intake_detach(&intakes[i]);
    }
    ck_assert_uint_gt(AGENTS - 2, INSTANCES_PER_NODE_MAX);
    ck_assert_uint_eq(greet(AGENTS - 1, hello_with(1, 1, 1, 10))->resume_seq, 5);
}
END_TEST

static const struct {
    uint32_t interval_ms;
    uint64_t silent_ms;
    bool twin;
} silences[] = {
    {1000, 0, true},     {1000, 2999, true},   {1000, 3000, false},   {50, 999, true},
    {50, 1000, false},   {60000, 14999, true}, {60000, 15000, false}, /* at most three ack intervals */
    {5000, 14999, true}, {5000, 15000, false},
};

START_TEST(another_instance_takes_over_only_after_silence)
{
    Headroom__Hello hello = hello_of(1, 1, 0);

    hello.interval_ms = silences[_i].interval_ms;
    (void)greet(0, hello);
    now_ms += 10000;
    say(0, frames_put_batch(0, NULL, 0, buf));
    now_ms += silences[_i].silent_ms;
    hello.instance = 2;
    hello.interval_ms = 50;
    say(1, frames_put_hello(&hello, buf));
    if (silences[_i].twin) {
        ASSERT_REJECTED(1, RETRY, TWIN);
        ck_assert_ptr_null(intakes[1].evicted);
        ck_assert_int_eq(intakes[0].state, INTAKE_STREAMING);
        ck_assert_uint_eq(intakes[0].node->interval_ms, silences[_i].interval_ms);
    } else {
        ck_assert_int_eq(answer(1)->body_case, HEADROOM__FRAME__BODY_WELCOME);
        ASSERT_REJECTED(0, RETRY, TAKEN_OVER);
    }
}
END_TEST

static Headroom__Hello hello_on_boot(uint64_t boot_id)
{
    Headroom__Hello hello = hello_of(1, 1, 10);

    hello.has_boot_id = boot_id != 0;
    hello.boot_id = boot_id;
    return hello;
}

static const struct {
    uint64_t boots[2];
    bool copy;
} boots[] = {{{5, 6}, true}, {{5, 5}, false}, {{0, 6}, false}, {{5, 0}, false}};

START_TEST(a_copied_spool_does_not_take_over_from_a_live_machine)
{
    (void)greet(0, hello_on_boot(boots[_i].boots[0]));
    send_samples(0, 1, 10);
    Headroom__Hello hello = hello_on_boot(boots[_i].boots[1]);
    say(1, frames_put_hello(&hello, buf));
    if (!boots[_i].copy) {
        ASSERT_REJECTED(0, RETRY, TAKEN_OVER);
        return;
    }
    ck_assert_ptr_nonnull(strstr(intakes[1].reject.text, "remove the copied file from its --spool directory"));
    ASSERT_REJECTED(1, RETRY, TWIN);
    send_samples(0, 11, 12); /* the first goes on */
    ck_assert_uint_eq(hub.intake.account.samples, 12);
}
END_TEST

START_TEST(after_a_reboot_the_instance_goes_on)
{
    (void)greet(0, hello_on_boot(5));
    send_samples(0, 1, 7);
    now_ms += 3 * ACK_MS; /* the connection of before is silent, */
    ck_assert_uint_eq(greet(1, hello_on_boot(6))->resume_seq, 7);
    ASSERT_REJECTED(0, RETRY, TAKEN_OVER);
    intake_detach(&intakes[1]); /* or closed */
    ck_assert_uint_eq(greet(2, hello_on_boot(7))->resume_seq, 7);
}
END_TEST

START_TEST(agent_that_said_goodbye_is_taken_over_at_once)
{
    (void)greet(0, hello_of(1, 1, 3));
    send_samples(0, 1, 3);
    say(0, frames_put_goodbye(HEADROOM__DEPARTURE__DEPARTURE_RESTARTING, buf));
    (void)greet(1, hello_of(2, 1, 0));
    ASSERT_REJECTED(0, RETRY, TAKEN_OVER);
    ck_assert_uint_eq(hub.backlog.orphans, 3);
}
END_TEST

START_TEST(a_rejected_twin_leaves_no_group_behind)
{
    Headroom__Hello hello = hello_of(2, 1, 0);

    (void)greet(0, hello_of(1, 1, 0));
    send_samples(0, 1, 1);
    hello.group = (char *)"another";
    say(1, frames_put_hello(&hello, buf));
    ASSERT_REJECTED(1, RETRY, TWIN);
    ck_assert_uint_eq(hub.registry.group_count, 1);
    ck_assert_ptr_null(hub.registry.joined_by_name);
}
END_TEST

/* ---- room ---- */

static Headroom__Hello hello_for(const char *node_id, uint64_t instance)
{
    Headroom__Hello hello = hello_of(instance, 1, 0);

    hello.node_id = (char *)node_id;
    return hello;
}

START_TEST(no_more_agents_than_the_backlog_has_room_for)
{
    static const char *const ids[] = {"a", "b", "c", "d"};

    for (unsigned i = 0; i < 4; i++)
        (void)greet(i, hello_for(ids[i], 1));
    Headroom__Hello hello = hello_for("e", 1);
    say(4, frames_put_hello(&hello, buf));
    ASSERT_REJECTED(4, RETRY, FULL);
    intake_detach(&intakes[0]);
    (void)greet(5, hello_for("e", 1));
    for (unsigned i = 1; i < 6; i++)
        if (i != 4)
            send_samples(i, 1, CREDIT); /* each its whole credit, and it all fits */
    ck_assert_uint_eq(hub.intake.account.samples, 4 * CREDIT);
}
END_TEST

/* Its rows are already in the backlog, and its credit covers them: it must not be rejected because of them. */
START_TEST(an_agent_comes_back_into_a_full_house)
{
    static const char *const ids[] = {"a", "b", "c", "d"};

    for (unsigned i = 0; i < 4; i++)
        (void)greet(i, hello_for(ids[i], 1));
    send_samples(0, 1, 10);
    intake_detach(&intakes[0]);
    ck_assert_uint_eq(greet(4, hello_for("a", 1))->resume_seq, 10);
}
END_TEST

START_TEST(no_instance_is_forgotten_while_its_rows_are_on_their_way)
{
    for (unsigned i = 0; i < INSTANCES_PER_NODE_MAX; i++) {
        (void)greet(i, hello_of(i + 1, 1, 1));
        send_samples(i, 1, 1);
        intake_detach(&intakes[i]);
    }
    Headroom__Hello hello = hello_of(100, 1, 1);
    say(4, frames_put_hello(&hello, buf));
    ASSERT_REJECTED(4, RETRY, FULL);
    store();
    (void)greet(5, hello);
}
END_TEST

/* ---- acks ---- */

START_TEST(an_ack_tells_what_is_stored)
{
    (void)greet(0, hello_of(1, 1, 20));
    send_samples(0, 1, 10);
    intake_tick(&intakes[0], now_ms);
    ck_assert_uint_eq(answer(0)->ack->stored_seq, 0);
    ck_assert_ptr_null(answer(0));
    hub_store_begin(&hub);
    send_samples(0, 11, 15);
    hub_store_end(&hub);
    hub.intake.held = true;
    intake_tick(&intakes[0], now_ms);
    const Headroom__Ack *ack = answer(0)->ack;
    ck_assert_uint_eq(ack->stored_seq, 10);
    ck_assert_uint_eq(ack->credit, CREDIT);
    ck_assert(ack->held);
    ck_assert_uint_eq(hub.intake.account.acks, 2);
}
END_TEST

START_TEST(half_the_credit_used_is_stored_now_and_acknowledged_at_once)
{
    (void)greet(0, hello_of(1, 1, 100));
    send_samples(0, 1, CREDIT / 2 - 1);
    ck_assert(!hub.intake.flush_now);
    store();
    ck_assert_ptr_null(answer(0)); /* this can wait for the tick */
    send_samples(0, CREDIT / 2, CREDIT / 2);
    ck_assert(hub.intake.flush_now);
    store();
    ck_assert_uint_eq(answer(0)->ack->stored_seq, CREDIT / 2);
    send_samples(0, CREDIT / 2 + 1, CREDIT - 1);
    store();
    ck_assert_ptr_null(answer(0)); /* counted from the last ack */
}
END_TEST

START_TEST(an_agent_that_sends_all_it_may_never_waits_for_the_tick)
{
    uint64_t sent_seq = 0, acked_seq = 0;

    (void)greet(0, hello_of(1, 1, 10000));
    while (sent_seq < 5000) {
        uint64_t room = CREDIT - (sent_seq - acked_seq);
        now_ms += room * 1000;
        send_samples(0, sent_seq + 1, sent_seq + room);
        sent_seq += room;
        ck_assert(hub.intake.flush_now);
        hub.intake.flush_now = false;
        store();
        Headroom__Frame *frame = answer(0);
        ck_assert_ptr_nonnull(frame);
        acked_seq = frame->ack->stored_seq;
        ck_assert_uint_eq(acked_seq, sent_seq);
    }
}
END_TEST

/* ---- silence ---- */

START_TEST(no_hello_in_time_is_rejected)
{
    intake_tick(&intakes[0], now_ms + HELLO_MS_MAX - 1);
    ck_assert_ptr_null(answer(0));
    intake_tick(&intakes[0], now_ms + HELLO_MS_MAX);
    ASSERT_REJECTED(0, RETRY, IDLE);
}
END_TEST

START_TEST(bytes_that_are_no_frame_do_not_count_as_hello)
{
    Headroom__Hello hello = hello_of(1, 1, 0);
    size_t len = frames_put_hello(&hello, buf);

    for (size_t i = 0; i + 1 < len; i++) {
        intake_receive(&intakes[0], (struct bytes){buf + i, 1}, now_ms, WALL_MS);
        now_ms += 1000;
        intake_tick(&intakes[0], now_ms);
        if (intakes[0].state == INTAKE_REJECTED)
            break;
    }
    ASSERT_REJECTED(0, RETRY, IDLE);
}
END_TEST

START_TEST(an_agent_silent_for_three_ack_intervals_is_rejected)
{
    (void)greet(0, hello_of(1, 1, 0));
    for (unsigned i = 0; i < 5; i++) {
        now_ms += 3 * ACK_MS - 1;
        intake_tick(&intakes[0], now_ms);
        ck_assert_int_eq(answer(0)->body_case, HEADROOM__FRAME__BODY_ACK);
        say(0, frames_put_batch(0, NULL, 0, buf)); /* any frame is a sign of life */
    }
    intake_tick(&intakes[0], now_ms + 3 * ACK_MS);
    ASSERT_REJECTED(0, RETRY, IDLE);
}
END_TEST

/* A batch on a slow connection takes longer than three Ack intervals. */
START_TEST(a_slow_agent_is_not_silent_as_long_as_its_frame_gets_done)
{
    struct sample sample = frames_sample(1);

    (void)greet(0, hello_of(1, 1, 0));
    size_t len = frames_put_batch(1000, &sample, 1, buf);
    for (size_t i = 0; i < len; i++) {
        now_ms += 2000;
        ck_assert_uint_gt(intake_due_ms(&intakes[0]), now_ms);
        intake_tick(&intakes[0], now_ms);
        intake_receive(&intakes[0], (struct bytes){&buf[i], 1}, now_ms, WALL_MS);
    }
    ck_assert_uint_gt(len * 2000, 3 * ACK_MS);
    ck_assert_uint_eq(hub.intake.account.samples, 1);
    uint64_t begun_ms = now_ms;
    while (intakes[0].state == INTAKE_STREAMING) { /* and one that never ends */
        now_ms += 2000;
        intake_receive(&intakes[0], (struct bytes){(const uint8_t *)"\0", now_ms == begun_ms + 2000}, now_ms, WALL_MS);
        intakes[0].heard_ms = now_ms;
        intake_tick(&intakes[0], now_ms);
    }
    ck_assert_uint_ge(now_ms - begun_ms, FRAME_MS_MAX);
    ck_assert_uint_le(now_ms - begun_ms, FRAME_MS_MAX + 4000);
    ck_assert_str_eq(intakes[0].reject.text, "a frame was not complete after 120 s");
}
END_TEST

/* ---- leaving ---- */

START_TEST(after_goodbye_the_last_ack_comes_when_all_is_stored)
{
    (void)greet(0, hello_of(1, 1, 8));
    send_samples(0, 1, 5);
    hub_store_begin(&hub);
    send_samples(0, 6, 8);
    say(0, frames_put_goodbye(HEADROOM__DEPARTURE__DEPARTURE_RESTARTING, buf));
    ck_assert(hub.intake.flush_now);
    hub_store_end(&hub);
    ck_assert_uint_eq(answer(0)->ack->stored_seq, 5);
    ck_assert(!intake_done(&intakes[0]));
    store();
    ck_assert_uint_eq(answer(0)->ack->stored_seq, 8);
    ck_assert(intake_done(&intakes[0]));
    ck_assert_ptr_null(answer(0));
    ck_assert_int_eq(registry_find_node(&hub.registry, "n1")->farewell, FAREWELL_RESTARTING);
}
END_TEST

START_TEST(agent_that_left_can_be_followed_by_its_own_instance)
{
    (void)greet(0, hello_of(1, 1, 3));
    send_samples(0, 1, 3);
    say(0, frames_put_goodbye(HEADROOM__DEPARTURE__DEPARTURE_RESTARTING, buf));
    store();
    (void)answer(0);
    ck_assert(intake_done(&intakes[0]));
    /* Its connection still lingers when the same instance comes back, and ends after that. */
    (void)greet(1, hello_of(1, 4, 6));
    send_samples(1, 4, 6);
    intake_detach(&intakes[0]);
    store();
    ck_assert_uint_eq(hub.backlog.orphans, 0);
    ck_assert_ptr_eq(registry_find_node(&hub.registry, "n1")->intake, &intakes[1]);
}
END_TEST

START_TEST(goodbye_with_nothing_pending_is_answered_at_once)
{
    (void)greet(0, hello_of(1, 1, 0));
    say(0, frames_put_goodbye(HEADROOM__DEPARTURE__DEPARTURE_LEAVING, buf));
    ck_assert_int_eq(intakes[0].node->farewell, FAREWELL_LEAVING);
    ck_assert_int_eq(answer(0)->body_case, HEADROOM__FRAME__BODY_ACK);
    ck_assert(intake_done(&intakes[0]));
}
END_TEST

START_TEST(agent_that_leaves_may_be_silent_while_the_store_is_held)
{
    (void)greet(0, hello_of(1, 1, 3));
    send_samples(0, 1, 3);
    say(0, frames_put_goodbye(HEADROOM__DEPARTURE__DEPARTURE_RESTARTING, buf));
    for (unsigned i = 0; i < 20; i++) {
        now_ms += ACK_MS;
        intake_tick(&intakes[0], now_ms);
        ck_assert_int_eq(answer(0)->body_case, HEADROOM__FRAME__BODY_ACK);
    }
    store();
    ck_assert_uint_eq(answer(0)->ack->stored_seq, 3);
    ck_assert(intake_done(&intakes[0]));
}
END_TEST

START_TEST(a_node_that_comes_back_has_not_left)
{
    (void)greet(0, hello_of(1, 1, 0));
    say(0, frames_put_goodbye(HEADROOM__DEPARTURE__DEPARTURE_LEAVING, buf));
    intake_detach(&intakes[0]);
    (void)greet(1, hello_of(2, 1, 0));
    ck_assert_int_eq(intakes[1].node->farewell, FAREWELL_NONE);
}
END_TEST

START_TEST(a_reject_of_our_own_ends_any_state_once)
{
    (void)greet(0, hello_of(1, 1, 0));
    for (unsigned i = 0; i < 2; i++)
        intake_reject(&intakes[0], HEADROOM__ACTION__ACTION_RETRY, HEADROOM__REJECT_CODE__REJECT_CODE_STOPPING,
                      "the collector\nstops: %300d", 7);
    ck_assert_uint_eq(hub.intake.account.rejected, 1);
    ck_assert_uint_eq(strlen(intakes[0].reject.text), REJECT_TEXT_MAX);
    ck_assert_ptr_null(strchr(intakes[0].reject.text, '\n'));
    ASSERT_REJECTED(0, RETRY, STOPPING);
    intake_tick(&intakes[0], now_ms + 100000);
    ck_assert_ptr_null(answer(0));
}
END_TEST

static void add_tables(Suite *suite)
{
    TCase *tcase = tcase_create("tables");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, another_instance_takes_over_only_after_silence, 0, sizeof silences / sizeof silences[0]);
    tcase_add_loop_test(tcase, a_copied_spool_does_not_take_over_from_a_live_machine, 0,
                        sizeof boots / sizeof boots[0]);
    suite_add_tcase(suite, tcase);
}

int main(void)
{
    Suite *suite = suite_create("intake_session");

    add_tables(suite);
    CASES_ADD(suite, "resuming", setup, teardown, a_session_resumes_where_the_last_one_ended,
              an_unknown_instance_begins_at_zero, rows_of_ended_sessions_are_still_stored);
    CASES_ADD(suite, "twins", setup, teardown, the_same_instance_takes_over_at_once,
              the_key_of_a_group_takes_no_node_of_another_groups_agent,
              a_node_without_samples_is_in_no_group_and_may_be_taken,
              the_instance_alone_takes_nothing_over_from_the_owner, the_owner_takes_its_node_back_at_once,
              an_owner_that_is_away_for_long_has_lost_its_node, strangers_do_not_make_the_collector_forget_the_owner,
              after_a_reboot_the_instance_goes_on, agent_that_said_goodbye_is_taken_over_at_once,
              a_rejected_twin_leaves_no_group_behind);
    CASES_ADD(suite, "room", setup, teardown, no_more_agents_than_the_backlog_has_room_for,
              an_agent_comes_back_into_a_full_house, no_instance_is_forgotten_while_its_rows_are_on_their_way);
    CASES_ADD(suite, "acks", setup, teardown, an_ack_tells_what_is_stored,
              half_the_credit_used_is_stored_now_and_acknowledged_at_once,
              an_agent_that_sends_all_it_may_never_waits_for_the_tick);
    CASES_ADD(suite, "silence", setup, teardown, no_hello_in_time_is_rejected,
              bytes_that_are_no_frame_do_not_count_as_hello, an_agent_silent_for_three_ack_intervals_is_rejected,
              a_slow_agent_is_not_silent_as_long_as_its_frame_gets_done);
    CASES_ADD(suite, "leaving", setup, teardown, after_goodbye_the_last_ack_comes_when_all_is_stored,
              agent_that_left_can_be_followed_by_its_own_instance, goodbye_with_nothing_pending_is_answered_at_once,
              agent_that_leaves_may_be_silent_while_the_store_is_held, a_node_that_comes_back_has_not_left,
              a_reject_of_our_own_ends_any_state_once);
    return suite_run(suite);
}
