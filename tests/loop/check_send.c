/* Writing to a socket whose peer reads, reads later, or is gone. */
#include "common/send.h"

#include "support/suite.h"
#include "support/test_loop.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LEN ((size_t)4 << 20) /* more than a socket holds */

static uv_tcp_t tcp;
static int peer = -1;
static uint8_t sent[LEN];
static uint8_t received[LEN];
static size_t received_len;
static unsigned calls;
static int last_status;

static void begin(void)
{
    int pair[2];

    test_loop_start();
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    uv_tcp_init(&test_loop, &tcp);
    ck_assert_int_eq(uv_tcp_open(&tcp, pair[0]), 0);
    peer = pair[1];
    for (size_t i = 0; i < LEN; i++)
        sent[i] = (uint8_t)(i % 251);
}

static void end(void)
{
    if (!uv_is_closing((uv_handle_t *)&tcp))
        uv_close((uv_handle_t *)&tcp, NULL);
    test_loop_end();
    if (peer >= 0)
        close(peer);
}

static uv_stream_t *stream(void)
{
    return (uv_stream_t *)&tcp;
}

static void on_rest(int status, void *arg)
{
    ck_assert_ptr_eq(arg, &calls);
    calls++;
    last_status = status;
}

static int send_part(size_t from, size_t len)
{
    return send_copied(stream(), sent + from, len, on_rest, &calls);
}

static bool has_read(void *arg)
{
    ssize_t got = recv(peer, received + received_len, LEN - received_len, 0);

    received_len += got > 0 ? (size_t)got : 0;
    return received_len == *(size_t *)arg;
}

static void expect_all(size_t len)
{
    test_loop_until(has_read, &len);
    ck_assert_mem_eq(received, sent, len);
}

START_TEST(what_fits_is_sent_at_once)
{
    uv_write_t request;

    ck_assert_int_eq(send_part(0, 20), 1);
    ck_assert_int_eq(send_bytes(&request, stream(), sent + 20, 20, NULL), 1);
    size_t len = 40;
    ck_assert(has_read(&len)); /* without a turn of the loop */
    ck_assert_mem_eq(received, sent, len);
    ck_assert_uint_eq(calls, 0);
}
END_TEST

START_TEST(the_rest_follows_when_the_peer_reads)
{
    ck_assert_int_eq(send_part(0, LEN), 0);
    ck_assert_uint_eq(calls, 0);
    expect_all(LEN);
    test_loop_until_count(&calls, 1);
    ck_assert_int_eq(last_status, 0);
}
END_TEST

/* Once the peer has read, the socket would take the second part before the rest of the first. */
START_TEST(nothing_overtakes_what_waits)
{
    const size_t begin_len = 65536;

    ck_assert_int_eq(send_part(0, LEN - 100), 0);
    ck_assert_int_eq(recv(peer, received, begin_len, MSG_WAITALL), (ssize_t)begin_len);
    received_len = begin_len;
    ck_assert_int_eq(send_part(LEN - 100, 100), 0);
    expect_all(LEN);
    test_loop_until_count(&calls, 2);
}
END_TEST

START_TEST(a_peer_that_is_gone_is_an_error_and_no_signal)
{
    close(peer);
    peer = -1;
    ck_assert_int_eq(send_part(0, 20), -EPIPE);
    uv_close((uv_handle_t *)&tcp, NULL);
    ck_assert_int_eq(send_part(0, 20), UV_EBADF);
    ck_assert_uint_eq(calls, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("send");
    TCase *tests = tcase_create("send");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, what_fits_is_sent_at_once);
    tcase_add_test(tests, the_rest_follows_when_the_peer_reads);
    tcase_add_test(tests, nothing_overtakes_what_waits);
    tcase_add_test(tests, a_peer_that_is_gone_is_an_error_and_no_signal);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
