/* The uplink with collectors that fail, and addresses that lead nowhere. */
#include "agent/uplink/uplink.h"

#include "support/fake_dns.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/test_loop.h"
#include "support/uplink_rig.h"

#include <unistd.h>

/* ---- collectors that fail ---- */

START_TEST(silent_collector_is_left_after_three_ack_intervals)
{
    rig_start("127.0.0.1", 1);
    rig_meet(&rig.first);
    peer_send_welcome(&rig.first.peer, 0, 0, 60);
    test_loop_until_count(&rig.events[UPLINK_UP], 1);
    uint64_t start_ms = uv_now(&test_loop);
    test_loop_until_count(&rig.events[UPLINK_DOWN], 1);
    rig_assert_between(uv_now(&test_loop) - start_ms, 180, 200);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "no data received for three ack intervals"), 1);
}
END_TEST

/* What it wrote meanwhile waits in the socket. */
START_TEST(collector_that_wrote_while_the_agent_slept_is_not_left)
{
    rig_start("127.0.0.1", 1);
    rig_meet(&rig.first);
    peer_send_welcome(&rig.first.peer, 0, 0, 60);
    test_loop_until_count(&rig.events[UPLINK_UP], 1);
    for (unsigned i = 1; i <= 3; i++) {
        peer_send_ack(&rig.first.peer, 0);
        uv_sleep(200);
        test_loop_until_count(&rig.events[UPLINK_ACKED], i);
    }
    ck_assert_uint_eq(rig.events[UPLINK_DOWN], 0);
    test_loop_until_count(&rig.events[UPLINK_DOWN], 1);
}
END_TEST

START_TEST(collector_that_never_welcomes_is_given_15_s)
{
    rig_start("127.0.0.1", 1);
    rig_meet(&rig.first);
    rig_assert_between(uv_timer_get_due_in(&rig.uplink.timer), 15000 - RIG_SLACK_MS, 15000);
}
END_TEST

START_TEST(backoff_grows_with_jitter)
{
    rig_start("127.0.0.1", 1);
    rig_meet(&rig.first);
    for (unsigned i = 0; i < 3; i++)
        rig_assert_between(rig_absence_ms(&rig.first), 100U << i, 200U << i); /* hangs up before */
    ck_assert_uint_eq(rig.uplink.plan.collectors[0].backoff.failures, 3);
}
END_TEST

START_TEST(agents_of_other_seeds_wait_for_other_times)
{
    uint64_t waits_ms[6];
    unsigned equal = 0;

    for (unsigned i = 0; i < 6; i++) {
        rig_start_seeded("127.0.0.1", 1, 1000 + i);
        rig_meet(&rig.first);
        unsigned before = rig.events[UPLINK_DOWN];
        rig_hang_up(&rig.first);
        test_loop_until_count(&rig.events[UPLINK_DOWN], before + 1);
        waits_ms[i] = rig.uplink.plan.collectors[0].not_before_ms - uv_now(&test_loop);
        for (unsigned j = 0; j < i; j++)
            equal += waits_ms[i] == waits_ms[j];
        uplink_close(&rig.uplink);
        uv_run(&test_loop, UV_RUN_DEFAULT);
        uplink_deinit(&rig.uplink);
    }
    ck_assert_uint_le(equal, 2);
}
END_TEST

START_TEST(welcome_alone_does_not_reset_the_backoff)
{
    rig_start("127.0.0.1", 1);
    for (unsigned i = 0; i < 3; i++) {
        rig_welcome(&rig.first, 0, 0);
        ck_assert_uint_eq(rig.uplink.plan.collectors[0].backoff.failures, i);
    }
}
END_TEST

START_TEST(acknowledged_samples_reset_the_backoff)
{
    rig_start("127.0.0.1", 1);
    rig_welcome(&rig.first, 0, 0);
    rig_welcome(&rig.first, 0, 0);
    rig_welcome(&rig.first, 0, 0);
    rig_push(1);
    ck_assert_uint_eq(rig.uplink.plan.collectors[0].backoff.failures, 2);
    rig_acknowledge(&rig.first, 1);
    ck_assert_uint_eq(rig.uplink.plan.collectors[0].backoff.failures, 0);
    rig_assert_between(rig_absence_ms(&rig.first), 100, 200);
}
END_TEST

START_TEST(ack_of_nothing_new_does_not_reset_the_backoff)
{
    rig_start("127.0.0.1", 1);
    rig_welcome(&rig.first, 0, 0);
    rig_push(5);
    peer_expect(&rig.first.peer, HEADROOM__FRAME__BODY_BATCH);
    rig_acknowledge(&rig.first, 5);
    for (unsigned i = 1; i <= 3; i++) {
        rig_welcome(&rig.first, 5, 5);
        rig_acknowledge(&rig.first, 5);
        ck_assert_uint_eq(rig.uplink.plan.collectors[0].backoff.failures, i);
    }
}
END_TEST

START_TEST(collector_that_is_not_one_is_left_for_a_second)
{
    rig_start("127.0.0.1", 2);
    rig_meet(&rig.first);
    peer_send_bytes(&rig.first.peer, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
    rig_assert_between(rig_absence_ms(&rig.second), 0, 0);
    rig_assert_between(rig.uplink.plan.collectors[0].not_before_ms - uv_now(&test_loop), 1000 - RIG_SLACK_MS, 1250);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "is it a Headroom collector?"), 1);
}
END_TEST

START_TEST(connection_that_is_reset_is_tried_again)
{
    rig_start("127.0.0.1", 1);
    rig_welcome(&rig.first, 0, 0);
    peer_reset(&rig.first.peer);
    rig_assert_between(rig_absence_ms(&rig.first), 100, 200);
}
END_TEST

START_TEST(endless_failures_are_logged_at_a_low_rate)
{
    rig_start("127.0.0.1", 1);
    rig.uplink.plan.collectors[0].backoff.max_ms = 2; /* of the test, so that it does not take long */
    rig.uplink.plan.collectors[0].backoff.min_ms = 1;
    for (unsigned i = 0; i < 30; i++)
        rig_meet(&rig.first);
    ck_assert_uint_le(log_capture_count(LOG_LEVEL_WARNING, ""), 5);
}
END_TEST

/* ---- addresses ---- */

START_TEST(second_is_used_while_nobody_listens_at_the_first)
{
    close(rig.first.fd);
    rig_start("127.0.0.1", 2);
    rig_welcome(&rig.second, 0, 0);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "can't reach 127.0.0.1:"), 1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "connection refused"), 1);
    rig.first.fd = -1;
}
END_TEST

START_TEST(first_is_tried_first_when_the_second_is_lost)
{
    rig_start("127.0.0.1", 2);
    rig_meet(&rig.first);
    peer_send_reject(&rig.first.peer, HEADROOM__ACTION__ACTION_NEXT_COLLECTOR);
    rig_welcome(&rig.second, 0, 0);
    test_loop_for_ms(800); /* the first is due in less than half a second more: that is waited for */
    rig_hang_up(&rig.second);
    rig_assert_between(rig_absence_ms(&rig.first), 100, 450);
    ck_assert(rig_not_dialed(&rig.second));
}
END_TEST

START_TEST(name_is_resolved)
{
    rig_start("one.test", 1);
    rig_welcome(&rig.first, 0, 0);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "connected to one.test:"), 1);
}
END_TEST

START_TEST(name_that_does_not_resolve_is_passed_over)
{
    rig_start(fake_dns_unknown, 2);
    rig_welcome(&rig.second, 0, 0);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "nowhere.test"), 1);
    rig_assert_between(rig.uplink.plan.collectors[0].not_before_ms - uv_now(&test_loop), 1000 - RIG_SLACK_MS, 1250);
}
END_TEST

START_TEST(each_address_of_a_name_is_tried)
{
    rig_start("two.test", 1);
    rig_welcome(&rig.first, 0, 0);
}
END_TEST

START_TEST(slow_resolver_does_not_stop_the_loop)
{
    uint64_t longest_ms = 0;

    rig_start("slow.test", 1);
    uint64_t last_ms = uv_hrtime() / 1000000;
    while (rig.events[UPLINK_UP] == 0) {
        test_loop_for_ms(1);
        uint64_t now_ms = uv_hrtime() / 1000000;
        longest_ms = now_ms - last_ms > longest_ms ? now_ms - last_ms : longest_ms;
        last_ms = now_ms;
        if (rig.first.peer.arena.base == NULL && peer_accept_now(&rig.first.peer, rig.first.fd))
            peer_send_welcome(&rig.first.peer, 0, 0, RIG_ACK_MS);
    }
    ck_assert_uint_lt(longest_ms, 45);
}
END_TEST

START_TEST(collector_that_does_not_answer_is_left_after_3_s)
{
    int fillers[4];

    close(rig.first.fd);
    rig.first.fd = rig_listen_deaf(&rig.first.port, fillers);
    rig_start("127.0.0.1", 2);
    rig_assert_between(rig_absence_ms(&rig.second), 3000, 3000);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "no answer"), 1);
    rig_close_all(fillers);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("uplink_failures");
    TCase *tests = tcase_create("uplink_failures");

    tcase_add_checked_fixture(tests, rig_begin, rig_end);
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, silent_collector_is_left_after_three_ack_intervals);
    tcase_add_test(tests, collector_that_wrote_while_the_agent_slept_is_not_left);
    tcase_add_test(tests, collector_that_never_welcomes_is_given_15_s);
    tcase_add_test(tests, backoff_grows_with_jitter);
    tcase_add_test(tests, agents_of_other_seeds_wait_for_other_times);
    tcase_add_test(tests, welcome_alone_does_not_reset_the_backoff);
    tcase_add_test(tests, acknowledged_samples_reset_the_backoff);
    tcase_add_test(tests, ack_of_nothing_new_does_not_reset_the_backoff);
    tcase_add_test(tests, collector_that_is_not_one_is_left_for_a_second);
    tcase_add_test(tests, connection_that_is_reset_is_tried_again);
    tcase_add_test(tests, endless_failures_are_logged_at_a_low_rate);
    tcase_add_test(tests, second_is_used_while_nobody_listens_at_the_first);
    tcase_add_test(tests, first_is_tried_first_when_the_second_is_lost);
    tcase_add_test(tests, name_is_resolved);
    tcase_add_test(tests, name_that_does_not_resolve_is_passed_over);
    tcase_add_test(tests, each_address_of_a_name_is_tried);
    tcase_add_test(tests, slow_resolver_does_not_stop_the_loop);
    tcase_add_test(tests, collector_that_does_not_answer_is_left_after_3_s);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
