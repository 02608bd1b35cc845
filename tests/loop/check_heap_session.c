/* The life of a session, from its connection to its end, when each of its allocations fails in turn, those
 * of libuv too: at worst its agent is disconnected and returns; another one notices nothing, the listener continues. */
#include "support/collector_rig.h"
#include "support/frames.h"
#include "support/heap.h"
#include "support/log_capture.h"
#include "support/suite.h"
#include "support/test_loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <utlist.h>

#define SAMPLES 10U

static struct peer *const healthy = &rig.agents[0];
static uint64_t healthy_seq;
static uint8_t buf[FRAMES_SIZE];

/* libuv's allocations fail too. */
static void begin(void)
{
    ck_assert_int_eq(uv_replace_allocator(heap_malloc, heap_realloc, heap_calloc, free), 0);
    rig_begin_and_start();
    rig_greet(healthy, "n0", 1);
}

static void stream_healthy(void)
{
    rig_stream(healthy, healthy_seq + 1, 1);
    healthy_seq++;
}

/* ---- a visit that may fail ---- */

/* In two parts, so that the reader needs memory; the other side may have hung up. */
static void say(struct peer *agent, size_t len)
{
    size_t first = FRAME_HEAD_LEN + 1;

    (void)send(agent->fd, buf, first, MSG_NOSIGNAL);
    test_loop_for_ms(1);
    (void)send(agent->fd, buf + first, len - first, MSG_NOSIGNAL);
}

static bool is_polled(void *arg)
{
    return peer_poll(arg);
}

/* The collector's next message, or NULL: it has ended the connection. */
static const Headroom__Frame *hear(struct peer *agent)
{
    test_loop_until(is_polled, agent);
    return agent->ended ? NULL : agent->frame;
}

static bool say_hello(struct peer *agent, char *node_id, uint64_t *resume_seq)
{
    Headroom__Hello hello = frames_hello();

    hello.node_id = node_id;
    hello.instance = 7;
    hello.newest_seq = SAMPLES;
    say(agent, frames_put_hello(&hello, buf));
    const Headroom__Frame *frame = hear(agent);
    if (frame == NULL || frame->body_case != HEADROOM__FRAME__BODY_WELCOME)
        return false;
    *resume_seq = frame->welcome->resume_seq;
    return true;
}

static void say_samples(struct peer *agent, uint64_t first_seq)
{
    struct sample samples[SAMPLES];
    size_t count = 0;

    for (uint64_t seq = first_seq; seq <= SAMPLES; seq++)
        samples[count++] = frames_sample(seq);
    say(agent, frames_put_batch(SAMPLES * 1000, samples, count, buf));
}

/* Reads Acks until one covers all. false: none does. */
static bool hear_stored(struct peer *agent)
{
    const Headroom__Frame *frame = NULL;

    while ((frame = hear(agent)) != NULL && frame->body_case == HEADROOM__FRAME__BODY_ACK)
        if (frame->ack->stored_seq == SAMPLES)
            return true;
    return false;
}

/* Those that linger are closed at once: for a second the healthy agent would be silent. */
static bool is_alone(void *arg)
{
    struct session *session = NULL;
    struct session *following = NULL;

    (void)arg;
    DL_FOREACH_SAFE (rig.listener.sessions, session, following)
        if (session->standing == SESSION_OVER)
            session_close(session);
    return rig.listener.session_count == 1;
}

/* The agent is connected, and nothing else of it needs memory from the heap that fails. */
static bool visit(struct peer *agent, char *node_id)
{
    uint64_t resume_seq = 0;

    bool whole = say_hello(agent, node_id, &resume_seq);
    if (whole) {
        say_samples(agent, resume_seq + 1);
        say(agent, frames_put_goodbye(HEADROOM__DEPARTURE__DEPARTURE_RESTARTING, buf));
        whole = hear_stored(agent);
    }
    peer_close(agent);
    test_loop_until(is_alone, NULL);
    return whole;
}

static void try_visit(unsigned nth)
{
    char node_id[16];

    snprintf(node_id, sizeof node_id, "node%u", nth);
    peer_connect(&rig.agents[1], rig.port);
    heap_fail(nth);
    bool whole = visit(&rig.agents[1], node_id);
    bool failed = heap_mend();
    ck_assert(whole || failed);
    ck_assert_uint_eq(rig.hub.streaming, 1);
    ck_assert_uint_eq(rig.listener.session_count, 1);
    stream_healthy();
    if (!whole) {
        peer_connect(&rig.agents[1], rig.port);
        ck_assert(visit(&rig.agents[1], node_id));
    }
    ck_assert_uint_eq(rig_rows_in_file(), healthy_seq + nth * SAMPLES);
    ck_assert_uint_eq(rig.hub.account.duplicates, 0);
    ck_assert_uint_eq(intake_dropped(&rig.hub.account), 0);
    ck_assert_uint_eq(rig.backlog.orphans, 0);
}

START_TEST(visit_that_fails_is_made_again)
{
    ck_assert_uint_ge(heap_each(try_visit), 3); /* session, node, ring, and each frame that comes in pieces */
}
END_TEST

/* Sockets with higher and higher numbers: libuv's table of them has room from the start. */
static unsigned connections;

static void try_connection(unsigned nth)
{
    struct peer *agent = &rig.agents[1];

    (void)nth;
    for (unsigned i = 0; i < connections; i++)
        peer_connect(&agent[i], rig.port);
    rig_await_sessions(1 + connections);
    peer_connect(&agent[connections], rig.port);
    heap_fail(nth);
    test_loop_for_ms(5);
    bool failed = heap_mend();
    ck_assert_uint_eq(rig.listener.session_count, failed ? 1 + connections : 2 + connections);
    for (unsigned i = 0; i <= connections; i++)
        peer_close(&agent[i]);
    rig_await_sessions(1);
}

START_TEST(connection_that_fails_takes_no_other_with_it)
{
    rig.hub.ack_interval_ms = 3000; /* so that no peer is taken for dead meanwhile */
    for (connections = 0; connections < 40; connections++)
        heap_each(try_connection);
    stream_healthy();
}
END_TEST

/* ---- connections that there is no memory for ---- */

static void expect_refusal(struct peer *agent)
{
    peer_expect_end(agent);
    peer_close(agent);
}

START_TEST(connection_without_memory_is_refused)
{
    peer_connect(&rig.agents[1], rig.port);
    heap_fail(1);
    expect_refusal(&rig.agents[1]);
    ck_assert(heap_mend());
    ck_assert_uint_eq(rig.listener.session_count, 1);
    ck_assert_uint_eq(log_capture_count(LOG_LEVEL_WARNING, "can't accept a connection: not enough memory"), 1);
    rig_greet(&rig.agents[1], "n1", 7);
    rig_stream(&rig.agents[1], 1, 2);
    stream_healthy();
}
END_TEST

/* All come in one round of the loop. */
START_TEST(many_connections_without_memory_are_refused)
{
    for (unsigned i = 1; i <= 20; i++)
        peer_connect(&rig.agents[i], rig.port);
    heap_exhaust();
    for (unsigned i = 1; i <= 20; i++)
        expect_refusal(&rig.agents[i]);
    ck_assert(heap_mend());
    ck_assert_uint_eq(rig.listener.session_count, 1);
    ck_assert_uint_le(log_capture_count(LOG_LEVEL_WARNING, "can't accept a connection"), 5); /* no flood */
    rig_greet(&rig.agents[1], "n1", 7);
    rig_stream(&rig.agents[1], 1, 2);
    stream_healthy();
}
END_TEST

/* There is memory again before the second one's turn. */
START_TEST(connection_behind_a_refused_one_is_taken)
{
    peer_connect(&rig.agents[1], rig.port);
    peer_connect(&rig.agents[2], rig.port);
    heap_fail(1);
    expect_refusal(&rig.agents[1]);
    ck_assert(heap_mend());
    rig_await_sessions(2);
    peer_send_hello(&rig.agents[2], "n2", 7, 0);
    peer_expect(&rig.agents[2], HEADROOM__FRAME__BODY_WELCOME);
    rig_stream(&rig.agents[2], 1, 2);
}
END_TEST

START_TEST(listener_closes_while_it_refuses)
{
    for (unsigned i = 1; i <= 3; i++)
        peer_connect(&rig.agents[i], rig.port);
    heap_exhaust();
    while (log_capture_count(LOG_LEVEL_WARNING, "can't accept a connection") == 0)
        uv_run(&test_loop, UV_RUN_ONCE);
    listener_close(&rig.listener);
    ck_assert(heap_mend());
    for (unsigned i = 1; i <= 3; i++)
        expect_refusal(&rig.agents[i]);
}
END_TEST

/* ---- starting ---- */

static void try_start(unsigned nth)
{
    char error[256] = "";

    heap_fail(nth);
    int rc = rig_start_at("127.0.0.1", 0, 10, error, sizeof error);
    bool failed = heap_mend();
    ck_assert_int_eq(rc, failed ? UV_ENOMEM : 0);
    ck_assert_msg((error[0] != '\0') == failed, "%s", error);
    listener_close(&rig.listener);
    uv_run(&test_loop, UV_RUN_NOWAIT);
    listener_deinit(&rig.listener);
}

START_TEST(listener_starts_or_reports_why_not)
{
    heap_each(try_start);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("heap_session");
    TCase *sessions = tcase_create("sessions");
    TCase *starting = tcase_create("starting");

    tcase_add_checked_fixture(sessions, begin, rig_end);
    tcase_add_test(sessions, visit_that_fails_is_made_again);
    tcase_add_test(sessions, connection_that_fails_takes_no_other_with_it);
    tcase_add_test(sessions, connection_without_memory_is_refused);
    tcase_add_test(sessions, many_connections_without_memory_are_refused);
    tcase_add_test(sessions, connection_behind_a_refused_one_is_taken);
    tcase_add_test(sessions, listener_closes_while_it_refuses);
    suite_add_tcase(suite, sessions);

    tcase_add_checked_fixture(starting, rig_begin, rig_end);
    tcase_add_test(starting, listener_starts_or_reports_why_not);
    suite_add_tcase(suite, starting);
    return suite_run(suite);
}
