/* Dialing real listening sockets, by names whose addresses are known. */
#include "common/dial.h"

#include "support/fake_dns.h"
#include "support/peer.h"
#include "support/sanitized.h"
#include "support/suite.h"
#include "support/test_loop.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIMIT_MS 100U
#define SLACK_MS (SANITIZED ? 300U : 80U)

static struct dial dial;
static int listen_fd;
static unsigned port;
static unsigned events[DIAL_DROPPED + 1];
static int last_status;
static bool drop_at_once; /* the owner drops the connection in the callback */

static void on_dial(enum dial_event event, int status, void *arg)
{
    ck_assert_ptr_eq(arg, events);
    ck_assert(dial_idle(&dial) == (event != DIAL_CONNECTED));
    events[event]++;
    last_status = status;
    if (event == DIAL_CONNECTED && drop_at_once)
        dial_drop(&dial);
}

static void begin(void)
{
    test_loop_start();
    listen_fd = peer_listen(&port);
    dial_init(&dial, &test_loop, LIMIT_MS, on_dial, events);
}

static void end(void)
{
    dial_close(&dial);
    dial_close(&dial);
    test_loop_end();
    close(listen_fd);
}

static void start(const char *host)
{
    struct address address = {.port = (uint16_t)port};

    snprintf(address.host, sizeof address.host, "%s", host);
    ck_assert_int_eq(dial_start(&dial, &address), 0);
}

static bool is_accepted(void *arg)
{
    return peer_accept_now(arg, listen_fd);
}

/* A socket that answers no connection: its backlog is full. */
static int listen_deaf(unsigned *deaf_port, int fillers[4])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = peer_listen(deaf_port);

    ck_assert_int_eq(listen(fd, 0), 0);
    address.sin_port = htons((uint16_t)*deaf_port);
    for (unsigned i = 0; i < 4; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (connect(fillers[i], (struct sockaddr *)&address, sizeof address) < 0)
            ck_assert_int_eq(errno, EINPROGRESS);
    }
    return fd;
}

/* ---- success ---- */

START_TEST(connection_is_the_owners_until_it_is_dropped)
{
    struct peer peer;

    start("one.test");
    ck_assert_int_eq(dial.state, DIAL_RESOLVING);
    test_loop_until_count(&events[DIAL_CONNECTED], 1);
    ck_assert_int_eq(last_status, 0);
    ck_assert_ptr_eq(dial_stream(&dial)->data, events);
    ck_assert_int_eq(uv_is_writable(dial_stream(&dial)), 1);
    test_loop_until(is_accepted, &peer);
    test_loop_for_ms(2 * LIMIT_MS); /* the time limit is over with the answer */
    ck_assert_int_eq(dial.state, DIAL_OPEN);
    dial_drop(&dial);
    ck_assert(!dial_idle(&dial));
    test_loop_until_count(&events[DIAL_DROPPED], 1);
    peer_expect_end(&peer);
    peer_close(&peer);
}
END_TEST

START_TEST(dial_is_used_again_and_again)
{
    for (unsigned i = 1; i <= 3; i++) {
        start("127.0.0.1");
        test_loop_until_count(&events[DIAL_CONNECTED], i);
        dial_drop(&dial);
        dial_drop(&dial);
        test_loop_until_count(&events[DIAL_DROPPED], i);
    }
}
END_TEST

START_TEST(connection_may_be_dropped_in_the_callback)
{
    drop_at_once = true;
    start("127.0.0.1");
    test_loop_until_count(&events[DIAL_DROPPED], 1);
    drop_at_once = false;
}
END_TEST

/* ---- failure ---- */

START_TEST(address_that_refuses_is_followed_by_the_next_one)
{
    start("two.test");
    test_loop_until_count(&events[DIAL_CONNECTED], 1);
    ck_assert_uint_eq(events[DIAL_UNREACHABLE], 0);
}
END_TEST

START_TEST(last_address_that_refuses_is_the_end)
{
    close(listen_fd);
    start("two.test");
    test_loop_until_count(&events[DIAL_UNREACHABLE], 1);
    ck_assert_int_eq(last_status, UV_ECONNREFUSED);
    listen_fd = peer_listen(&port);
    start("two.test");
    test_loop_until_count(&events[DIAL_CONNECTED], 1);
}
END_TEST

START_TEST(address_that_does_not_answer_is_given_up_at_the_limit)
{
    int fillers[4];
    int fd = listen_deaf(&port, fillers);

    start("127.0.0.1");
    uint64_t start_ms = uv_now(&test_loop);
    test_loop_until_count(&events[DIAL_UNREACHABLE], 1);
    ck_assert_int_eq(last_status, UV_ETIMEDOUT);
    ck_assert_uint_ge(uv_now(&test_loop) - start_ms + 2, LIMIT_MS);
    ck_assert_uint_le(uv_now(&test_loop) - start_ms, LIMIT_MS + SLACK_MS);
    for (unsigned i = 0; i < 4; i++)
        close(fillers[i]);
    close(fd);
}
END_TEST

START_TEST(name_without_an_address_is_reported_as_such)
{
    start(fake_dns_unknown);
    test_loop_until_count(&events[DIAL_UNRESOLVED], 1);
    ck_assert_int_lt(last_status, 0);
}
END_TEST

/* ---- drop and close at any moment ---- */

START_TEST(attempt_may_be_dropped_while_it_resolves)
{
    start("slow.test");
    test_loop_for_ms(10);
    ck_assert_int_eq(dial.state, DIAL_RESOLVING);
    dial_drop(&dial);
    test_loop_until_count(&events[DIAL_DROPPED], 1);
    ck_assert_uint_eq(events[DIAL_CONNECTED], 0);
}
END_TEST

static bool is_connecting(void *arg)
{
    (void)arg;
    return dial.state == DIAL_CONNECTING;
}

START_TEST(attempt_may_be_dropped_while_it_connects)
{
    int fillers[4];
    int fd = listen_deaf(&port, fillers);

    start("127.0.0.1");
    test_loop_until(is_connecting, NULL);
    dial_drop(&dial);
    test_loop_until_count(&events[DIAL_DROPPED], 1);
    test_loop_for_ms(LIMIT_MS + 10);
    ck_assert_uint_eq(events[DIAL_UNREACHABLE], 0);
    for (unsigned i = 0; i < 4; i++)
        close(fillers[i]);
    close(fd);
}
END_TEST

START_TEST(nothing_is_called_after_close_at_any_moment)
{
    static const char *const hosts[] = {"127.0.0.1", "slow.test", "two.test", "nowhere.test"};

    for (unsigned i = 0; i < 40; i++) {
        start(hosts[i % 4]);
        for (unsigned rounds = 0; rounds < i / 4; rounds++) {
            uv_run(&test_loop, UV_RUN_NOWAIT);
            usleep(i % 4 == 1 ? 8000 : 500);
        }
        unsigned before = events[0] + events[1] + events[2] + events[3];
        dial_close(&dial);
        uv_run(&test_loop, UV_RUN_DEFAULT);
        ck_assert(!uv_loop_alive(&test_loop));
        ck_assert_uint_eq(events[0] + events[1] + events[2] + events[3], before);
        dial_init(&dial, &test_loop, LIMIT_MS, on_dial, events);
    }
}
END_TEST

START_TEST(close_of_one_never_begun_does_nothing)
{
    struct dial zeroed = {0};

    dial_close(&zeroed);
    ck_assert(dial_idle(&zeroed));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dial");
    TCase *tests = tcase_create("dial");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, connection_is_the_owners_until_it_is_dropped);
    tcase_add_test(tests, dial_is_used_again_and_again);
    tcase_add_test(tests, connection_may_be_dropped_in_the_callback);
    tcase_add_test(tests, address_that_refuses_is_followed_by_the_next_one);
    tcase_add_test(tests, last_address_that_refuses_is_the_end);
    tcase_add_test(tests, address_that_does_not_answer_is_given_up_at_the_limit);
    tcase_add_test(tests, name_without_an_address_is_reported_as_such);
    tcase_add_test(tests, attempt_may_be_dropped_while_it_resolves);
    tcase_add_test(tests, attempt_may_be_dropped_while_it_connects);
    tcase_add_test(tests, nothing_is_called_after_close_at_any_moment);
    tcase_add_test(tests, close_of_one_never_begun_does_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
