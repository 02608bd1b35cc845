/* The watch of the primary from the second collector, with real listening sockets. Its ten seconds are cut short. */
#include "agent/uplink/uplink.h"

#include "support/fake_dns.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/test_loop.h"
#include "support/uplink_rig.h"

#include <unistd.h>

static unsigned visits; /* of the primary, by the watch */

static struct reachability *watch(void)
{
    return &rig.uplink.plan.primary;
}

/* A session with the second collector; the first has that host. */
static void stream_to_second(const char *host)
{
    rig_start(host, 2);
    if (host != fake_dns_unknown) {
        rig_meet(&rig.first);
        peer_send_reject(&rig.first.peer, HEADROOM__ACTION__ACTION_NEXT_COLLECTOR);
    }
    rig_welcome(&rig.second, 0, 0);
    rig_hang_up(&rig.first);
}

static uint64_t due_in_ms(void)
{
    return reachability_due_ms(watch()) - uv_now(&test_loop);
}

static void make_due(void)
{
    watch()->due_ms = 0;
    uv_timer_start(&rig.uplink.timer, rig.uplink.timer.timer_cb, 0, 0);
}

static bool is_through(void *arg)
{
    struct peer peer;

    (void)arg;
    if (rig.first.fd >= 0 && peer_accept_now(&peer, rig.first.fd)) {
        peer_close(&peer);
        visits++;
    }
    return dial_idle(&rig.uplink.probe) && watch()->due_ms > 0 && watch()->due_ms < UINT64_MAX;
}

static bool is_visited(void *arg)
{
    unsigned before = visits;

    (void)is_through(arg);
    return visits > before;
}

static void let_try(void)
{
    make_due();
    test_loop_until(is_through, NULL);
    is_through(NULL);
}

START_TEST(attempts_are_ten_seconds_apart)
{
    stream_to_second("127.0.0.1");
    ck_assert_uint_le(due_in_ms(), UPLINK_PROBE_MS);
    ck_assert_uint_gt(due_in_ms(), UPLINK_PROBE_MS - 100 - RIG_SLACK_MS);
    let_try();
    ck_assert_uint_eq(visits, 1);
    ck_assert_uint_gt(due_in_ms(), UPLINK_PROBE_MS - 500);
    ck_assert_uint_eq(rig.events[UPLINK_DOWN], 1); /* by the first one's Reject */
}
END_TEST

START_TEST(primary_reachable_for_a_minute_is_returned_to)
{
    stream_to_second("one.test");
    rig.uplink.plan.collectors[0].not_before_ms = 0;
    let_try();
    ck_assert_int_eq(watch()->state, REACHABILITY_SEEN);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "returning from"), 0);
    watch()->since_ms -= UPLINK_STEADY_MS; /* as if it had been so for a minute */
    make_due();
    test_loop_until_count(&rig.events[UPLINK_DOWN], 2);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "returning from"), 1);
    ck_assert_int_eq(watch()->state, REACHABILITY_RESTING);
    test_loop_until(is_visited, NULL);
    rig_welcome(&rig.first, 0, 0);
    ck_assert_int_eq(watch()->state, REACHABILITY_RESTING);
    test_loop_for_ms(20);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "returning from"), 1);
}
END_TEST

START_TEST(failure_begins_the_minute_again)
{
    stream_to_second("127.0.0.1");
    let_try();
    watch()->since_ms -= UPLINK_STEADY_MS;
    close(rig.first.fd);
    rig.first.fd = -1;
    let_try();
    ck_assert_int_eq(watch()->state, REACHABILITY_LOST);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_INFO, "returning from"), 0);
    ck_assert_uint_eq(rig.events[UPLINK_DOWN], 1);
}
END_TEST

START_TEST(name_that_does_not_resolve_is_a_failure)
{
    stream_to_second(fake_dns_unknown);
    let_try();
    ck_assert_int_eq(watch()->state, REACHABILITY_LOST);
    ck_assert_uint_gt(due_in_ms(), 0);
}
END_TEST

START_TEST(attempts_end_with_the_session_and_begin_with_the_next)
{
    stream_to_second("127.0.0.1");
    let_try();
    rig.uplink.plan.collectors[0].not_before_ms = uv_now(&test_loop) + 60000;
    unsigned before = rig.events[UPLINK_DOWN];
    rig_hang_up(&rig.second);
    test_loop_until_count(&rig.events[UPLINK_DOWN], before + 1);
    ck_assert_uint_eq(reachability_due_ms(watch()), UINT64_MAX);
    rig_welcome(&rig.second, 0, 0);
    ck_assert_int_eq(watch()->state, REACHABILITY_LOST);
    let_try();
    ck_assert_int_eq(watch()->state, REACHABILITY_SEEN);
}
END_TEST

START_TEST(close_at_any_moment_leaves_an_empty_loop)
{
    const char *const hosts[] = {"127.0.0.1", "slow.test", fake_dns_unknown};

    rig_deinit_sender();
    for (unsigned i = 0; i < 30; i++) {
        rig_init_sender();
        stream_to_second(hosts[i % 3]);
        make_due();
        for (unsigned rounds = 0; rounds < i / 3; rounds++) {
            uv_run(&test_loop, UV_RUN_NOWAIT);
            usleep(500);
        }
        uplink_close(&rig.uplink);
        uv_run(&test_loop, UV_RUN_DEFAULT);
        ck_assert(!uv_loop_alive(&test_loop));
        uplink_deinit(&rig.uplink);
        rig_deinit_sender();
        rig_hang_up(&rig.second);
        while (peer_accept_now(&rig.first.peer, rig.first.fd))
            peer_close(&rig.first.peer);
    }
    rig_init_sender();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("uplink_primary");
    TCase *tests = tcase_create("uplink_primary");

    tcase_add_checked_fixture(tests, rig_begin, rig_end);
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, attempts_are_ten_seconds_apart);
    tcase_add_test(tests, primary_reachable_for_a_minute_is_returned_to);
    tcase_add_test(tests, failure_begins_the_minute_again);
    tcase_add_test(tests, name_that_does_not_resolve_is_a_failure);
    tcase_add_test(tests, attempts_end_with_the_session_and_begin_with_the_next);
    tcase_add_test(tests, close_at_any_moment_leaves_an_empty_loop);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
