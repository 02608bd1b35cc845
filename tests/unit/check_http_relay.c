/* Bytes between two ends that take and give what a seed says. TLS is a copy here: what it makes of bytes does not
 * matter to the relay. */
#include "collector/http/http_relay.h"

#include "common/random.h"
#include "support/cases.h"
#include "support/suite.h"

#include <string.h>

static struct http_relay relay;

static void setup(void)
{
    memset(&relay, 0xff, sizeof relay); /* its buffers need no zeros */
    http_relay_init(&relay);
}

static void put_up(size_t len)
{
    size_t size = 0;

    ck_assert_ptr_eq(http_relay_up_room(&relay, &size), relay.up_bytes + relay.up.end);
    ck_assert_uint_le(len, size);
    http_relay_put(&relay.up, len);
}

static void put_down(size_t len)
{
    size_t size = 0;

    ck_assert_ptr_eq(http_relay_down_room(&relay, &size), relay.down_bytes + relay.down.end);
    ck_assert_uint_le(len, size);
    http_relay_put(&relay.down, len);
}

static void assert_next(enum http_relay_step step)
{
    ck_assert_int_eq(http_relay_next(&relay), step);
}

static void assert_events(bool client_in, bool client_out, bool server_in, bool server_out)
{
    struct http_relay_events client = http_relay_client_events(&relay);
    struct http_relay_events server = http_relay_server_events(&relay);

    ck_assert(client.readable == client_in && client.writable == client_out);
    ck_assert(server.readable == server_in && server.writable == server_out);
}

/* ---- the handshake ---- */

START_TEST(a_handshake_is_read_and_answered_before_there_is_a_server)
{
    assert_next(HTTP_RELAY_WAIT);
    assert_events(true, false, false, false);
    relay.client.readable = true;
    assert_next(HTTP_RELAY_READ_CLIENT);
    http_relay_note_read(&relay.client, 500, HTTP_RELAY_READ_MAX);
    put_down(900);
    assert_next(HTTP_RELAY_WRITE_CLIENT);
    http_relay_note_write(&relay.client, &relay.down, 400);
    relay.client.readable = true;
    assert_next(HTTP_RELAY_WAIT); /* the client has to take the answer first */
    assert_events(false, true, false, false);
    relay.client.writable = true;
    assert_next(HTTP_RELAY_WRITE_CLIENT);
    http_relay_note_write(&relay.client, &relay.down, 500);
    assert_next(HTTP_RELAY_READ_CLIENT);
}
END_TEST

START_TEST(a_client_that_leaves_in_the_handshake_is_closed)
{
    relay.client.readable = true;
    http_relay_note_read(&relay.client, 0, HTTP_RELAY_READ_MAX);
    assert_next(HTTP_RELAY_CLOSE);
}
END_TEST

START_TEST(what_comes_with_the_end_of_the_handshake_waits_for_the_server)
{
    put_up(100);
    assert_next(HTTP_RELAY_WAIT);
    http_relay_open(&relay);
    assert_next(HTTP_RELAY_WRITE_SERVER);
}
END_TEST

START_TEST(a_broken_handshake_sends_its_alert_and_then_waits_for_the_client_to_close)
{
    put_down(7);
    http_relay_finish(&relay);
    assert_next(HTTP_RELAY_WRITE_CLIENT);
    http_relay_note_write(&relay.client, &relay.down, 7);
    assert_next(HTTP_RELAY_END_CLIENT);
    relay.client.told = true;
    assert_next(HTTP_RELAY_WAIT);
    assert_events(true, false, false, false);
    ck_assert(http_relay_discards(&relay));
    relay.client.readable = true;
    assert_next(HTTP_RELAY_READ_CLIENT);
    http_relay_note_read(&relay.client, 0, HTTP_RELAY_READ_MAX);
    assert_next(HTTP_RELAY_CLOSE);
}
END_TEST

/* ---- pressure ---- */

START_TEST(a_client_is_not_read_while_the_server_takes_nothing)
{
    http_relay_open(&relay);
    put_up(HTTP_RELAY_UP_MAX);
    http_relay_note_write(&relay.server, &relay.up, 1000);
    relay.client.readable = true;
    assert_next(HTTP_RELAY_WAIT);
    assert_events(false, false, true, true);
    relay.server.writable = true;
    http_relay_note_write(&relay.server, &relay.up, HTTP_RELAY_UP_MAX - 1000);
    assert_next(HTTP_RELAY_READ_CLIENT);
}
END_TEST

START_TEST(a_server_is_not_read_while_the_client_takes_nothing)
{
    http_relay_open(&relay);
    put_down(HTTP_RELAY_RECORD_MAX + 128);
    http_relay_note_write(&relay.client, &relay.down, 0);
    relay.server.readable = true;
    assert_next(HTTP_RELAY_WAIT);
    assert_events(true, true, false, false); /* a client may send all its request before it reads */
}
END_TEST

START_TEST(a_client_that_makes_tls_answer_and_reads_nothing_is_not_read)
{
    http_relay_open(&relay);
    put_down(HTTP_RELAY_RECORD_MAX + 128);
    http_relay_note_write(&relay.client, &relay.down, 0);
    relay.client.readable = true;
    assert_next(HTTP_RELAY_READ_CLIENT);
    put_down(HTTP_RELAY_FLIGHT_MAX);
    assert_next(HTTP_RELAY_READ_CLIENT);
    put_down(1);
    assert_next(HTTP_RELAY_WAIT);
    assert_events(false, true, false, false);
}
END_TEST

/* ---- ends ---- */

START_TEST(the_clients_end_is_passed_on_behind_its_bytes)
{
    http_relay_open(&relay);
    put_up(10);
    http_relay_note_read(&relay.client, 0, HTTP_RELAY_READ_MAX);
    assert_next(HTTP_RELAY_WRITE_SERVER);
    http_relay_note_write(&relay.server, &relay.up, 10);
    assert_next(HTTP_RELAY_END_SERVER);
    relay.server.told = true;
    assert_next(HTTP_RELAY_WAIT);
    relay.server.readable = true; /* it may still answer */
    assert_next(HTTP_RELAY_READ_SERVER);
}
END_TEST

START_TEST(the_servers_end_is_sealed_behind_its_bytes)
{
    http_relay_open(&relay);
    put_down(10);
    http_relay_note_read(&relay.server, 0, HTTP_RELAY_RECORD_MAX);
    assert_next(HTTP_RELAY_WRITE_CLIENT);
    http_relay_note_write(&relay.client, &relay.down, 10);
    assert_next(HTTP_RELAY_SEAL_CLIENT);
    put_down(24);
    relay.sealed = true;
    assert_next(HTTP_RELAY_WRITE_CLIENT);
    http_relay_note_write(&relay.client, &relay.down, 24);
    assert_next(HTTP_RELAY_END_CLIENT);
    relay.client.told = true;
    relay.client.readable = true;
    assert_next(HTTP_RELAY_READ_CLIENT); /* and discards it, so that the kernel does not reset the connection */
    ck_assert(http_relay_discards(&relay));
}
END_TEST

START_TEST(a_server_that_takes_no_more_may_still_answer)
{
    http_relay_open(&relay);
    put_up(10);
    http_relay_note_deaf_server(&relay);
    ck_assert(http_relay_discards(&relay));
    relay.server.readable = true;
    assert_next(HTTP_RELAY_READ_SERVER);
    put_down(100);
    assert_next(HTTP_RELAY_WRITE_CLIENT);
}
END_TEST

/* ---- all of it ---- */

/* The sequence of bytes that each side sends is 0, 1, 2, ... modulo 251. */
struct play {
    uint64_t random;
    size_t sent_up, got_up, sent_down, got_down; /* of what each side sends, and the other gets */
    size_t up, down;                             /* in all */
};

static size_t some(struct play *play, size_t most)
{
    return most == 0 ? 0 : random_next(&play->random) % (most + 1);
}

static void copy(uint8_t *to, size_t len, size_t *sent)
{
    for (size_t i = 0; i < len; i++)
        to[i] = (uint8_t)(((*sent)++) % 251);
}

static void compare(const uint8_t *from, size_t len, size_t *got)
{
    for (size_t i = 0; i < len; i++)
        ck_assert_uint_eq(from[i], (*got)++ % 251);
}

static void read_some(struct play *play, struct http_relay_side *side, bool is_up)
{
    size_t asked = is_up ? HTTP_RELAY_READ_MAX : HTTP_RELAY_RECORD_MAX, size = 0;
    size_t left = is_up ? play->up - play->sent_up : play->down - play->sent_down;
    size_t len = some(play, left < asked ? left : asked);

    if (len == 0 && left > 0) {
        side->readable = false;
        return;
    }
    http_relay_note_read(side, len, asked);
    if (is_up && http_relay_discards(&relay)) {
        play->sent_up += len;
        return;
    }
    copy(is_up ? http_relay_up_room(&relay, &size) : http_relay_down_room(&relay, &size), len,
         is_up ? &play->sent_up : &play->sent_down);
    ck_assert_uint_le(len, size);
    http_relay_put(is_up ? &relay.up : &relay.down, len);
}

static void write_some(struct play *play, struct http_relay_side *side, struct http_relay_bytes *bytes,
                       const uint8_t *from, size_t *got)
{
    size_t len = some(play, bytes->end - bytes->begin);

    compare(from + bytes->begin, len, got);
    http_relay_note_write(side, bytes, len);
}

static bool step(struct play *play)
{
    switch (http_relay_next(&relay)) {
    case HTTP_RELAY_WAIT:
        relay.client.readable = relay.client.readable || http_relay_client_events(&relay).readable;
        relay.client.writable = relay.client.writable || http_relay_client_events(&relay).writable;
        relay.server.readable = relay.server.readable || http_relay_server_events(&relay).readable;
        relay.server.writable = relay.server.writable || http_relay_server_events(&relay).writable;
        ck_assert_int_ne(http_relay_next(&relay), HTTP_RELAY_WAIT); /* it waits for something */
        return true;
    case HTTP_RELAY_READ_CLIENT:
        read_some(play, &relay.client, true);
        return true;
    case HTTP_RELAY_READ_SERVER:
        read_some(play, &relay.server, false);
        return true;
    case HTTP_RELAY_WRITE_CLIENT:
        write_some(play, &relay.client, &relay.down, relay.down_bytes, &play->got_down);
        return true;
    case HTTP_RELAY_WRITE_SERVER:
        write_some(play, &relay.server, &relay.up, relay.up_bytes, &play->got_up);
        return true;
    case HTTP_RELAY_END_SERVER:
        ck_assert_uint_eq(play->got_up, play->up);
        relay.server.told = true;
        return true;
    case HTTP_RELAY_SEAL_CLIENT:
        relay.sealed = true;
        return true;
    case HTTP_RELAY_END_CLIENT:
        ck_assert_uint_eq(play->got_down, play->down);
        relay.client.told = true;
        return true;
    case HTTP_RELAY_CLOSE:
        break;
    }
    return false;
}

START_TEST(all_bytes_arrive_in_order_and_both_ends_behind_them)
{
    struct play play = {.random = (uint64_t)_i + 1};

    play.up = some(&play, 100000);
    play.down = some(&play, 300000);
    http_relay_open(&relay);
    for (unsigned steps = 0; step(&play); steps++)
        ck_assert_uint_lt(steps, 100000);
    ck_assert_uint_eq(play.got_down, play.down);
    ck_assert(relay.client.ended && relay.client.told);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_relay");

    CASES_ADD(suite, "handshake", setup, NULL, a_handshake_is_read_and_answered_before_there_is_a_server,
              a_client_that_leaves_in_the_handshake_is_closed,
              what_comes_with_the_end_of_the_handshake_waits_for_the_server,
              a_broken_handshake_sends_its_alert_and_then_waits_for_the_client_to_close);
    CASES_ADD(suite, "pressure", setup, NULL, a_client_is_not_read_while_the_server_takes_nothing,
              a_server_is_not_read_while_the_client_takes_nothing,
              a_client_that_makes_tls_answer_and_reads_nothing_is_not_read);
    CASES_ADD(suite, "ends", setup, NULL, the_clients_end_is_passed_on_behind_its_bytes,
              the_servers_end_is_sealed_behind_its_bytes, a_server_that_takes_no_more_may_still_answer);
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_loop_test(all, all_bytes_arrive_in_order_and_both_ends_behind_them, 0, 200);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
