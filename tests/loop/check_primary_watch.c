/* The watch of a primary with a real listening socket. Its ten seconds are cut short by starting its timer again. */
#include "agent/primary_watch.h"

#include "support/fake_dns.h"
#include "support/peer.h"
#include "support/suite.h"
#include "support/test_loop.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIMIT_MS 3000U

static struct primary_watch primary_watch;
static struct address address;
static int listen_fd;
static unsigned port;
static unsigned found;
static unsigned visits;

static void on_found(void *arg)
{
    ck_assert_ptr_eq(arg, &found);
    found++;
}

static void begin(void)
{
    test_loop_start();
    listen_fd = peer_listen(&port);
}

static void end(void)
{
    primary_watch_close(&primary_watch);
    primary_watch_close(&primary_watch);
    test_loop_end();
    if (listen_fd >= 0)
        close(listen_fd);
}

static void watch(const char *host)
{
    snprintf(address.host, sizeof address.host, "%s", host);
    address.port = (uint16_t)port;
    primary_watch_init(&primary_watch, &test_loop, &address, LIMIT_MS, on_found, &found);
    primary_watch_begin(&primary_watch);
}

/* The next attempt is due now. */
static void make_due(void)
{
    uv_timer_start(&primary_watch.timer, primary_watch.timer.timer_cb, 0, 0);
}

static bool is_through(void *arg)
{
    struct peer peer;

    (void)arg;
    if (listen_fd >= 0 && peer_accept_now(&peer, listen_fd)) {
        peer_close(&peer);
        visits++;
    }
    return dial_idle(&primary_watch.dial) && uv_timer_get_due_in(&primary_watch.timer) > 0;
}

static void let_try(void)
{
    make_due();
    test_loop_until(is_through, NULL);
    is_through(NULL);
}

START_TEST(attempts_are_ten_seconds_apart)
{
    watch("127.0.0.1");
    uint64_t due_ms = uv_timer_get_due_in(&primary_watch.timer);
    ck_assert_uint_le(due_ms, PRIMARY_WATCH_INTERVAL_MS);
    ck_assert_uint_gt(due_ms, PRIMARY_WATCH_INTERVAL_MS - 100);
    let_try();
    ck_assert_uint_eq(visits, 1);
    due_ms = uv_timer_get_due_in(&primary_watch.timer);
    ck_assert_uint_gt(due_ms, PRIMARY_WATCH_INTERVAL_MS - 500);
}
END_TEST

START_TEST(collector_reachable_for_a_minute_is_found_once)
{
    watch("one.test");
    let_try();
    ck_assert_int_eq(primary_watch.reachability.state, REACHABILITY_SEEN);
    ck_assert_uint_eq(found, 0);
    primary_watch.reachability.since_ms -= PRIMARY_WATCH_STEADY_MS; /* as if it had been so for a minute */
    make_due();
    test_loop_until_count(&found, 1);
    ck_assert_int_eq(primary_watch.reachability.state, REACHABILITY_RESTING);
    make_due();
    test_loop_for_ms(20);
    ck_assert_uint_eq(found, 1);
}
END_TEST

START_TEST(failure_begins_the_minute_again)
{
    watch("127.0.0.1");
    let_try();
    primary_watch.reachability.since_ms -= PRIMARY_WATCH_STEADY_MS;
    close(listen_fd);
    listen_fd = -1;
    let_try();
    ck_assert_int_eq(primary_watch.reachability.state, REACHABILITY_LOST);
    ck_assert_uint_eq(found, 0);
}
END_TEST

START_TEST(name_that_does_not_resolve_is_a_failure)
{
    watch(fake_dns_unknown);
    let_try();
    ck_assert_int_eq(primary_watch.reachability.state, REACHABILITY_LOST);
    ck_assert_uint_gt(uv_timer_get_due_in(&primary_watch.timer), 0);
}
END_TEST

START_TEST(rest_ends_the_attempts_until_the_next_watch)
{
    watch("127.0.0.1");
    let_try();
    primary_watch_rest(&primary_watch);
    ck_assert(!uv_is_active((uv_handle_t *)&primary_watch.timer));
    primary_watch_begin(&primary_watch);
    ck_assert_int_eq(primary_watch.reachability.state, REACHABILITY_LOST);
    let_try();
    ck_assert_int_eq(primary_watch.reachability.state, REACHABILITY_SEEN);
}
END_TEST

START_TEST(close_at_any_moment_leaves_an_empty_loop)
{
    static const char *const hosts[] = {"127.0.0.1", "slow.test", "nowhere.test"};

    for (unsigned i = 0; i < 30; i++) {
        watch(hosts[i % 3]);
        make_due();
        for (unsigned rounds = 0; rounds < i / 3; rounds++) {
            uv_run(&test_loop, UV_RUN_NOWAIT);
            usleep(500);
        }
        primary_watch_close(&primary_watch);
        uv_run(&test_loop, UV_RUN_DEFAULT);
        ck_assert(!uv_loop_alive(&test_loop));
    }
}
END_TEST

START_TEST(close_and_rest_of_one_never_begun_do_nothing)
{
    primary_watch_rest(&primary_watch);
    primary_watch_close(&primary_watch);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("primary_watch");
    TCase *tests = tcase_create("primary_watch");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, attempts_are_ten_seconds_apart);
    tcase_add_test(tests, collector_reachable_for_a_minute_is_found_once);
    tcase_add_test(tests, failure_begins_the_minute_again);
    tcase_add_test(tests, name_that_does_not_resolve_is_a_failure);
    tcase_add_test(tests, rest_ends_the_attempts_until_the_next_watch);
    tcase_add_test(tests, close_at_any_moment_leaves_an_empty_loop);
    tcase_add_test(tests, close_and_rest_of_one_never_begun_do_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
