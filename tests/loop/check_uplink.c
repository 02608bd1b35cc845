/* The uplink with collectors that work: samples, acks, rejects and the end. */
#include "agent/uplink/uplink.h"

#include "support/fake_dns.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/test_loop.h"
#include "support/uplink_rig.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- the happy path ---- */

START_TEST(samples_flow_and_are_acknowledged)
{
    rig_start("127.0.0.1", 1);
    ck_assert_ptr_null(uplink_peer(&rig.uplink));
    const Headroom__Hello *hello = rig_meet(&rig.first);
    ck_assert_str_eq(hello->node_id, "n1");
    ck_assert_uint_eq(hello->instance, 7);
    ck_assert_uint_eq(hello->newest_seq, 0);
    peer_send_welcome(&rig.first.peer, 0, 0, RIG_ACK_MS);
    test_loop_until_count(&rig.events[UPLINK_UP], 1);
    char name[32];
    snprintf(name, sizeof name, "127.0.0.1:%u", rig.first.port);
    ck_assert_str_eq(uplink_peer(&rig.uplink), name);

    rig_push(3);
    ck_assert_uint_eq(peer_expect(&rig.first.peer, HEADROOM__FRAME__BODY_BATCH)->batch->n_samples, 3);
    rig_acknowledge(&rig.first, 3);
    ck_assert_uint_eq(outbox_waiting(&rig.outbox), 0);
    rig_push(1);
    const Headroom__Batch *batch = peer_expect(&rig.first.peer, HEADROOM__FRAME__BODY_BATCH)->batch;
    ck_assert_uint_eq(batch->samples[0]->seq, 4);
    ck_assert_uint_eq(rig.events[UPLINK_DOWN], 0);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, ""), 0);
}
END_TEST

START_TEST(samples_from_before_the_connection_are_sent_as_the_credit_allows)
{
    struct sample sample = {0};

    for (unsigned i = 0; i < 100; i++)
        outbox_push(&rig.outbox, &sample);
    rig_start("127.0.0.1", 1);
    rig_welcome(&rig.first, 0, 0);
    const Headroom__Batch *batch = peer_expect(&rig.first.peer, HEADROOM__FRAME__BODY_BATCH)->batch;
    ck_assert_uint_eq(batch->n_samples, CREDIT_MIN);
    rig_acknowledge(&rig.first, 10);
    ck_assert_uint_eq(peer_expect(&rig.first.peer, HEADROOM__FRAME__BODY_BATCH)->batch->n_samples, 10);
}
END_TEST

START_TEST(session_continues_where_the_last_one_ended)
{
    rig_start("127.0.0.1", 1);
    rig_welcome(&rig.first, 0, 0);
    rig_push(5);
    peer_expect(&rig.first.peer, HEADROOM__FRAME__BODY_BATCH);
    rig_acknowledge(&rig.first, 2);
    const Headroom__Hello *hello = rig_meet(&rig.first); /* hangs up before */
    ck_assert_uint_eq(hello->newest_seq, 5);
    ck_assert_uint_eq(rig.events[UPLINK_DOWN], 1);
    peer_send_welcome(&rig.first.peer, 3, 2, RIG_ACK_MS);
    const Headroom__Batch *batch = peer_expect(&rig.first.peer, HEADROOM__FRAME__BODY_BATCH)->batch;
    ck_assert_uint_eq(batch->n_samples, 2);
    ck_assert_uint_eq(batch->samples[0]->seq, 4);
}
END_TEST

START_TEST(signs_of_life_come_each_ack_interval)
{
    rig_start("127.0.0.1", 1);
    rig_meet(&rig.first);
    peer_send_welcome(&rig.first.peer, 0, 0, 50);
    for (unsigned i = 0; i < 5; i++) {
        const Headroom__Batch *batch = peer_expect(&rig.first.peer, HEADROOM__FRAME__BODY_BATCH)->batch;
        ck_assert_uint_eq(batch->n_samples, 0);
        ck_assert_ptr_nonnull(batch->account);
        peer_send_ack(&rig.first.peer, 0);
    }
    ck_assert_uint_eq(rig.events[UPLINK_DOWN], 0);
}
END_TEST

START_TEST(collector_that_knows_more_gets_a_new_instance)
{
    rig_start("127.0.0.1", 1);
    rig_welcome(&rig.first, 0, 0);
    rig_push(5);
    peer_expect(&rig.first.peer, HEADROOM__FRAME__BODY_BATCH);
    rig_acknowledge(&rig.first, 2);
    rig_meet(&rig.first);
    peer_send_welcome(&rig.first.peer, 9, 0, RIG_ACK_MS);
    test_loop_until_count(&rig.events[UPLINK_AHEAD], 1);
    const Headroom__Hello *hello = rig_meet(&rig.first);
    ck_assert_uint_eq(hello->instance, 8);
    ck_assert_uint_eq(hello->oldest_seq, 1);
    ck_assert_uint_eq(hello->newest_seq, 3);
}
END_TEST

/* ---- rejects ---- */

START_TEST(retry_is_the_same_collector_after_its_backoff)
{
    rig_start("127.0.0.1", 2);
    rig_meet(&rig.first);
    peer_send_reject(&rig.first.peer, HEADROOM__ACTION__ACTION_RETRY);
    rig_assert_between(rig_absence_ms(&rig.first), 100, 200);
    ck_assert(rig_not_dialed(&rig.second));
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "because of the test"), 1);
}
END_TEST

START_TEST(next_collector_is_tried_at_once_and_the_first_not_for_a_second)
{
    rig_start("127.0.0.1", 2);
    rig_meet(&rig.first);
    peer_send_reject(&rig.first.peer, HEADROOM__ACTION__ACTION_NEXT_COLLECTOR);
    rig_assert_between(rig_absence_ms(&rig.second), 0, 0);
    rig_assert_between(rig.uplink.plan.collectors[0].not_before_ms - uv_now(&test_loop), 1000 - RIG_SLACK_MS, 1250);
    /* The second breaks off: it is due before the first. */
    rig_assert_between(rig_absence_ms(&rig.second), 100, 200);
    ck_assert(rig_not_dialed(&rig.first));
}
END_TEST

START_TEST(retry_slowly_is_not_before_a_minute)
{
    rig_start("127.0.0.1", 2);
    rig_meet(&rig.first);
    peer_send_reject(&rig.first.peer, HEADROOM__ACTION__ACTION_RETRY_SLOWLY);
    rig_assert_between(rig_absence_ms(&rig.second), 0, 0);
    rig_assert_between(rig.uplink.plan.collectors[0].not_before_ms - uv_now(&test_loop), 60000 - RIG_SLACK_MS, 75000);
    peer_send_reject(&rig.second.peer, HEADROOM__ACTION__ACTION_RETRY_SLOWLY);
    test_loop_until_count(&rig.events[UPLINK_DOWN], 2);
    test_loop_for_ms(30);
    ck_assert_uint_ge(uv_timer_get_due_in(&rig.uplink.timer), 59000);
    ck_assert(rig_not_dialed(&rig.first) && rig_not_dialed(&rig.second));
}
END_TEST

START_TEST(only_collector_is_tried_again_even_if_it_asks_for_the_next)
{
    rig_start("127.0.0.1", 1);
    rig_meet(&rig.first);
    peer_send_reject(&rig.first.peer, HEADROOM__ACTION__ACTION_NEXT_COLLECTOR);
    test_loop_until_count(&rig.events[UPLINK_DOWN], 1);
    test_loop_for_ms(10);
    rig_assert_between(uv_timer_get_due_in(&rig.uplink.timer), 1000 - RIG_SLACK_MS, 1250);
}
END_TEST

START_TEST(reject_in_mid_session_keeps_the_samples)
{
    rig_start("127.0.0.1", 1);
    rig_welcome(&rig.first, 0, 0);
    rig_push(5);
    peer_expect(&rig.first.peer, HEADROOM__FRAME__BODY_BATCH);
    peer_send_ack(&rig.first.peer, 3);
    peer_send_reject(&rig.first.peer, HEADROOM__ACTION__ACTION_RETRY);
    test_loop_until_count(&rig.events[UPLINK_DOWN], 1);
    ck_assert_uint_eq(rig.events[UPLINK_ACKED], 1);
    ck_assert_uint_eq(outbox_waiting(&rig.outbox), 2);
    ck_assert_ptr_null(uplink_peer(&rig.uplink));
    rig_push(1);
    ck_assert_uint_eq(outbox_waiting(&rig.outbox), 3);
}
END_TEST

/* ---- the end ---- */

static bool is_connecting(void *arg)
{
    (void)arg;
    return rig.uplink.dial.state == DIAL_CONNECTING;
}

START_TEST(close_while_connecting_is_the_end)
{
    int fillers[4];

    close(rig.first.fd);
    rig.first.fd = rig_listen_deaf(&rig.first.port, fillers);
    rig_start("127.0.0.1", 1);
    test_loop_until(is_connecting, NULL);
    ck_assert_int_eq(rig.uplink.plan.state, UPLINK_DIALING);
    uplink_close(&rig.uplink);
    ck_assert_int_eq(uv_run(&test_loop, UV_RUN_DEFAULT), 0);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, ""), 0);
    rig_close_all(fillers);
}
END_TEST

/* A collector's part of one round, as far as the agent has come. */
static void serve(struct fake_collector *collector)
{
    if (collector->peer.arena.base == NULL) {
        peer_accept_now(&collector->peer, collector->fd);
        return;
    }
    if (collector->peer.ended || !peer_poll(&collector->peer) || collector->peer.ended)
        return;
    if (collector->peer.frame->body_case == HEADROOM__FRAME__BODY_HELLO)
        peer_send_welcome(&collector->peer, 0, 0, RIG_ACK_MS);
    else if (collector->peer.frame->body_case == HEADROOM__FRAME__BODY_BATCH)
        peer_send_ack(&collector->peer, 1);
}

static void close_after(const char *host, unsigned rounds)
{
    rig_init_sender();
    rig_start(host, 1);
    rig_push(2);
    for (unsigned i = 0; i < rounds; i++) {
        uv_run(&test_loop, UV_RUN_NOWAIT);
        usleep(strcmp(host, "slow.test") == 0 ? 6000 : 100);
        serve(&rig.first);
    }
    uplink_close(&rig.uplink);
    uv_run(&test_loop, UV_RUN_DEFAULT);
    ck_assert(!uv_loop_alive(&test_loop));
    uplink_deinit(&rig.uplink);
    rig_deinit_sender();
    rig_hang_up(&rig.first);
    while (peer_accept_now(&rig.first.peer, rig.first.fd))
        peer_close(&rig.first.peer);
}

START_TEST(close_at_any_moment_leaves_an_empty_loop)
{
    rig_deinit_sender();
    for (unsigned rounds = 0; rounds < 25; rounds++) {
        close_after("127.0.0.1", rounds);
        close_after(fake_dns_unknown, rounds);
        close_after("two.test", rounds);
        if (rounds % 3 == 0)
            close_after("slow.test", rounds);
    }
    rig_init_sender();
    ck_assert_uint_gt(rig.events[UPLINK_ACKED], 0);
}
END_TEST

START_TEST(close_in_a_callback_is_the_end)
{
    rig.close_on = _i;
    sender_speak_for(&rig.sender, &rig.outbox, rig.close_on == UPLINK_PAST);
    rig_start("127.0.0.1", 1);
    rig_meet(&rig.first);
    peer_send_welcome(&rig.first.peer, rig.close_on == UPLINK_AHEAD ? 9 : 0, 0, RIG_ACK_MS);
    rig_push(2);
    if (rig.close_on == UPLINK_ACKED || rig.close_on == UPLINK_DOWN || rig.close_on == UPLINK_PAST) {
        peer_expect(&rig.first.peer, HEADROOM__FRAME__BODY_BATCH);
        /* As a collector does that stops: the rest is in the same read. */
        if (rig.close_on == UPLINK_PAST) {
            peer_expect(&rig.first.peer, HEADROOM__FRAME__BODY_GOODBYE);
            peer_send_last_ack(&rig.first.peer, 2);
        } else {
            peer_send_ack(&rig.first.peer, 2);
        }
        peer_send_reject(&rig.first.peer, HEADROOM__ACTION__ACTION_RETRY);
    }
    test_loop_until_count(&rig.events[rig.close_on], 1);
    ck_assert_int_eq(uv_run(&test_loop, UV_RUN_DEFAULT), 0);
    ck_assert_uint_eq(rig.events[rig.close_on], 1);
    if (rig.close_on == UPLINK_ACKED || rig.close_on == UPLINK_UP)
        ck_assert_msg(log_capture_count(LOG_LEVEL_WARNING, "") == 0, "%s", log_capture_find("127.0.0.1"));
}
END_TEST

/* No backoff: nothing has failed. */
START_TEST(after_an_earlier_run_the_next_one_follows_at_once)
{
    rig_push(2);
    sender_speak_for(&rig.sender, &rig.outbox, true);
    rig_start("127.0.0.1", 1);
    rig_welcome(&rig.first, 0, 0);
    peer_expect(&rig.first.peer, HEADROOM__FRAME__BODY_BATCH);
    peer_expect(&rig.first.peer, HEADROOM__FRAME__BODY_GOODBYE);
    peer_send_ack(&rig.first.peer, 2);
    peer_send_last_ack(&rig.first.peer, 2);
    test_loop_until_count(&rig.events[UPLINK_PAST], 1);
    sender_speak_for(&rig.sender, &rig.outbox, false);
    ck_assert_uint_lt(rig_absence_ms(&rig.first), 100);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, ""), 0);
}
END_TEST

START_TEST(goodbye_follows_the_last_sample)
{
    rig_start("127.0.0.1", 1);
    rig_welcome(&rig.first, 0, 0);
    rig_push(3);
    sender_leave(&rig.sender, HEADROOM__DEPARTURE__DEPARTURE_LEAVING);
    uplink_pump(&rig.uplink);
    peer_expect(&rig.first.peer, HEADROOM__FRAME__BODY_BATCH);
    const Headroom__Goodbye *goodbye = peer_expect(&rig.first.peer, HEADROOM__FRAME__BODY_GOODBYE)->goodbye;
    ck_assert_int_eq(goodbye->departure, HEADROOM__DEPARTURE__DEPARTURE_LEAVING);
    rig_acknowledge(&rig.first, 3);
    ck_assert(!sender_done(&rig.sender));
    peer_send_last_ack(&rig.first.peer, 3);
    test_loop_until_count(&rig.events[UPLINK_ACKED], 2);
    ck_assert(sender_done(&rig.sender));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("uplink");
    TCase *tests = tcase_create("uplink");

    tcase_add_checked_fixture(tests, rig_begin, rig_end);
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, samples_flow_and_are_acknowledged);
    tcase_add_test(tests, samples_from_before_the_connection_are_sent_as_the_credit_allows);
    tcase_add_test(tests, session_continues_where_the_last_one_ended);
    tcase_add_test(tests, signs_of_life_come_each_ack_interval);
    tcase_add_test(tests, collector_that_knows_more_gets_a_new_instance);
    tcase_add_test(tests, retry_is_the_same_collector_after_its_backoff);
    tcase_add_test(tests, next_collector_is_tried_at_once_and_the_first_not_for_a_second);
    tcase_add_test(tests, retry_slowly_is_not_before_a_minute);
    tcase_add_test(tests, only_collector_is_tried_again_even_if_it_asks_for_the_next);
    tcase_add_test(tests, reject_in_mid_session_keeps_the_samples);
    tcase_add_test(tests, close_while_connecting_is_the_end);
    tcase_add_test(tests, close_at_any_moment_leaves_an_empty_loop);
    tcase_add_test(tests, after_an_earlier_run_the_next_one_follows_at_once);
    tcase_add_loop_test(tests, close_in_a_callback_is_the_end, UPLINK_UP, UPLINK_AHEAD + 1);
    tcase_add_test(tests, goodbye_follows_the_last_sample);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
