/* The agent's connection when memory is out at each of its allocations in turn, those of libuv too: it comes back, and
 * all samples are acknowledged. */
#include "support/frames.h"
#include "support/heap.h"
#include "support/suite.h"
#include "support/test_loop.h"
#include "support/uplink_rig.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SAMPLES 3U

/* A collector that needs no memory itself. */
static int fd; /* the agent's connection; -1: none */
static uint8_t buf[FRAMES_SIZE];

static bool is_connected(void *arg)
{
    fd = accept4(*(const int *)arg, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return fd >= 0;
}

static bool has_spoken(void *arg)
{
    static uint8_t heard[SEND_LEN_MAX];
    ssize_t *got = arg;

    *got = recv(fd, heard, sizeof heard, 0);
    return *got >= 0 || errno != EAGAIN;
}

/* false: the agent has hung up. */
static bool hear(void)
{
    ssize_t got = 0;

    test_loop_until(has_spoken, &got);
    return got > 0;
}

/* In two parts, so that the reader needs memory. */
static void say(size_t len)
{
    size_t first = FRAME_HEAD_LEN + 1;

    (void)send(fd, buf, first, MSG_NOSIGNAL);
    test_loop_for_ms(1);
    (void)send(fd, buf + first, len - first, MSG_NOSIGNAL);
}

static size_t put_welcome(void)
{
    Headroom__Welcome welcome = HEADROOM__WELCOME__INIT;

    welcome.version = WIRE_VERSION;
    welcome.credit = CREDIT_MIN;
    welcome.ack_interval_ms = RIG_ACK_MS;
    welcome.frame_len_max = FRAME_LEN_MAX;
    welcome.batch_samples_max = BATCH_SAMPLES_MAX;
    return frames_put(HEADROOM__FRAME__BODY_WELCOME, &welcome, buf);
}

static bool is_settled(void *arg)
{
    ssize_t got = 0;

    (void)arg;
    return outbox_waiting(&rig.outbox) == 0 || (has_spoken(&got) && got <= 0);
}

/* One connection: Hello, Welcome, Batch, Ack. true: the agent knows that all is stored. */
static bool serve(void)
{
    test_loop_until(is_connected, &rig.first.fd);
    bool whole = hear();
    if (whole) {
        say(put_welcome());
        whole = hear();
    }
    if (whole) {
        say(frames_put_ack(SAMPLES, CREDIT_MIN, false, buf));
        test_loop_until(is_settled, NULL);
        whole = outbox_waiting(&rig.outbox) == 0;
    }
    close(fd);
    return whole;
}

/* libuv's table of descriptors has grown with a first connection: without memory for that libuv ends the program. */
static void try_connection(unsigned nth)
{
    rig_begin();
    rig_start("127.0.0.1", 1);
    rig_push(SAMPLES);
    test_loop_until(is_connected, &rig.first.fd);
    ck_assert(hear());
    close(fd);
    heap_fail(nth);
    while (!serve())
        ;
    heap_mend();
    ck_assert_uint_eq(rig.outbox.account.acknowledged, SAMPLES);
    ck_assert_uint_eq(outbox_dropped(&rig.outbox), 0);
    rig_end();
}

START_TEST(connection_that_fails_is_made_again)
{
    ck_assert_int_eq(uv_replace_allocator(heap_malloc, heap_realloc, heap_calloc, free), 0);
    ck_assert_uint_ge(heap_each(try_connection), 3); /* the lookup, two frames */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("heap_uplink");
    TCase *tests = tcase_create("heap_uplink");

    tcase_set_timeout(tests, 40);
    tcase_add_test(tests, connection_that_fails_is_made_again);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
