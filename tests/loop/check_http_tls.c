/* HTTPS connections on real sockets: a client that is GnuTLS itself, and a server that sends back what it gets. */
#include "collector/http/http_tls.h"

#include "support/certificates.h"
#include "support/heap.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"
#include "tls/tls_library.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS 4U
#define LARGE   ((size_t)1 << 20)

static struct temp_dir dir;
static struct http_tls tls;
static struct sockaddr_in address;
static gnutls_certificate_credentials_t trust;

/* What the owner has been told. */
static unsigned accepted, ending, closed;
static bool refuses; /* to serve */

/* The server's side of a connection. */
struct served {
    int fd; /* -1: none yet, or closed */
    uint8_t bytes[LARGE];
    size_t len; /* received */
    size_t sent;
    bool ended; /* the client sends no more */
    bool deaf;  /* it reads nothing */
};

static struct served servers[CLIENTS];

/* ---- the owner ---- */

static void *on_accepted(struct http_tls_client *client, const struct sockaddr *from, void *arg)
{
    (void)client;
    ck_assert_ptr_eq(arg, &tls);
    ck_assert_int_eq(from->sa_family, AF_INET);
    ck_assert_uint_lt(accepted, CLIENTS);
    servers[accepted].fd = -1;
    return &servers[accepted++];
}

static int on_open(void *own, int fd, const struct sockaddr *from, socklen_t from_len, void *arg)
{
    struct served *served = own;

    (void)arg;
    ck_assert_uint_eq(from_len, sizeof(struct sockaddr_in));
    ck_assert_int_eq(from->sa_family, AF_INET);
    if (refuses) {
        close(fd);
        return -ENOMEM;
    }
    served->fd = fd;
    return 0;
}

static void on_ending(void *own, void *arg)
{
    (void)own;
    (void)arg;
    ending++;
}

static void on_closed(void *own, void *arg)
{
    (void)own;
    (void)arg;
    closed++;
}

static void receive(struct served *served)
{
    ssize_t len = recv(served->fd, served->bytes + served->len, sizeof served->bytes - served->len, 0);

    if (len > 0)
        served->len += (size_t)len;
    served->ended = served->ended || len == 0;
}

/* Sends back what came, and ends when the client does. */
static void serve(struct served *served)
{
    if (served->fd < 0 || served->deaf)
        return;
    if (served->len < sizeof served->bytes)
        receive(served);
    if (served->sent < served->len) {
        ssize_t len = send(served->fd, served->bytes + served->sent, served->len - served->sent, MSG_NOSIGNAL);
        served->sent += len > 0 ? (size_t)len : 0;
    }
    if (!served->ended || served->sent < served->len)
        return;
    close(served->fd);
    served->fd = -1;
}

/* ---- fixture ---- */

static struct https_credentials *read_credentials(void)
{
    char cert[PATH_MAX], key[PATH_MAX], error[512] = "";
    struct https_credentials *credentials = NULL;

    (void)snprintf(cert, sizeof cert, "%s", temp_dir_path(&dir, "server.pem"));
    (void)snprintf(key, sizeof key, "%s", temp_dir_path(&dir, "server.key"));
    const struct https_paths paths = {cert, key, ""};
    ck_assert_msg(https_credentials_read(&paths, &credentials, error, sizeof error) == 0, "%s", error);
    return credentials;
}

static int listen_somewhere(void)
{
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 16), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    return fd;
}

static void start(unsigned count_max)
{
    const struct http_tls_owner owner = {on_accepted, on_open, on_ending, on_closed, &tls};

    accepted = ending = closed = 0;
    refuses = false;
    memset(servers, 0, sizeof servers);
    test_loop_start();
    ck_assert_int_eq(http_tls_start(&tls, &test_loop, listen_somewhere(), read_credentials(), count_max, &owner), 0);
}

static void stop(void)
{
    http_tls_close(&tls);
    http_tls_close(&tls); /* idempotent */
    test_loop_end();
    ck_assert_uint_eq(closed, accepted);
    for (unsigned i = 0; i < CLIENTS; i++)
        if (servers[i].fd > 0)
            close(servers[i].fd);
}

static void setup(void)
{
    char error[512] = "";

    ck_assert_int_eq(tls_library_load(error, sizeof error), 0);
    temp_dir_create(&dir);
    struct test_certificate made = certificates_make(&(struct test_wish){.name = "server"}, NULL);
    certificates_write(&dir, "server.pem", &made);
    certificates_write_key(&dir, "server.key", &made);
    certificates_free(&made);
    ck_assert_int_eq(gnutls_certificate_allocate_credentials(&trust), 0);
}

static void teardown(void)
{
    gnutls_certificate_free_credentials(trust);
    temp_dir_remove(&dir);
}

/* ---- a client ---- */

struct client {
    int fd;
    gnutls_session_t session;
    size_t piece; /* bytes that it writes to its socket in a turn of the loop */
    uint8_t out[65536];
    size_t out_len;
    size_t want; /* bytes to send */
    size_t sent, received;
    bool deaf; /* it reads nothing */
    bool shaken;
    bool ended; /* the server has ended in order, */
    bool lost;  /* or the connection is broken */
};

static struct client clients[CLIENTS];

static ssize_t on_push(gnutls_transport_ptr_t arg, const void *data, size_t len)
{
    struct client *client = arg;
    size_t room = sizeof client->out - client->out_len;

    if (room == 0) {
        gnutls_transport_set_errno(client->session, EAGAIN);
        return -1;
    }
    len = len < room ? len : room;
    memcpy(client->out + client->out_len, data, len);
    client->out_len += len;
    return (ssize_t)len;
}

static ssize_t on_pull(gnutls_transport_ptr_t arg, void *data, size_t size)
{
    struct client *client = arg;
    ssize_t len = recv(client->fd, data, size, MSG_DONTWAIT);

    if (len < 0)
        gnutls_transport_set_errno(client->session, errno);
    return len;
}

static void flush(struct client *client)
{
    size_t most = client->out_len < client->piece ? client->out_len : client->piece;
    ssize_t len = most > 0 ? send(client->fd, client->out, most, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;

    if (len <= 0)
        return;
    memmove(client->out, client->out + len, client->out_len - (size_t)len);
    client->out_len -= (size_t)len;
}

static struct client *dial(unsigned i)
{
    struct client *client = &clients[i];

    *client = (struct client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .piece = SIZE_MAX};
    ck_assert_int_eq(connect(client->fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(gnutls_init(&client->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL), 0);
    ck_assert_int_eq(gnutls_set_default_priority(client->session), 0);
    ck_assert_int_eq(gnutls_credentials_set(client->session, GNUTLS_CRD_CERTIFICATE, trust), 0);
    gnutls_transport_set_ptr(client->session, client);
    gnutls_transport_set_push_function(client->session, on_push);
    gnutls_transport_set_pull_function(client->session, on_pull);
    return client;
}

static void hang_up(struct client *client)
{
    gnutls_deinit(client->session);
    close(client->fd);
}

static uint8_t byte_at(size_t at)
{
    return (uint8_t)(at % 251);
}

static void send_some(struct client *client)
{
    uint8_t bytes[8000];
    size_t len = client->want - client->sent < sizeof bytes ? client->want - client->sent : sizeof bytes;

    for (size_t i = 0; i < len; i++)
        bytes[i] = byte_at(client->sent + i);
    ssize_t sent = len > 0 ? gnutls_record_send(client->session, bytes, len) : 0;
    client->sent += sent > 0 ? (size_t)sent : 0;
}

static void receive_some(struct client *client)
{
    uint8_t bytes[16384];
    ssize_t len = gnutls_record_recv(client->session, bytes, sizeof bytes);

    for (ssize_t i = 0; i < len; i++)
        ck_assert_uint_eq(bytes[i], byte_at(client->received++));
    client->ended = client->ended || len == 0;
    client->lost = client->lost || (len < 0 && gnutls_error_is_fatal((int)len));
}

static void advance(struct client *client)
{
    if (!client->shaken && !client->lost) {
        int rc = gnutls_handshake(client->session);
        client->shaken = rc == GNUTLS_E_SUCCESS;
        client->lost = rc < 0 && gnutls_error_is_fatal(rc);
    }
    if (client->shaken && !client->lost)
        send_some(client);
    if (client->shaken && !client->lost && !client->ended && !client->deaf)
        receive_some(client);
    flush(client);
    for (unsigned i = 0; i < accepted; i++)
        serve(&servers[i]);
}

static bool has_all(void *arg)
{
    struct client *client = arg;

    advance(client);
    ck_assert(!client->lost);
    return client->received == client->want && client->shaken;
}

static bool has_ended(void *arg)
{
    struct client *client = arg;

    advance(client);
    return client->ended || client->lost;
}

static void exchange(struct client *client, size_t len)
{
    client->want += len;
    test_loop_until(has_all, client);
}

/* ---- bytes ---- */

START_TEST(what_a_client_sends_comes_back_and_both_end_in_order)
{
    start(CLIENTS);
    struct client *client = dial(0);
    exchange(client, 10);
    exchange(client, LARGE - 20);
    ck_assert_int_eq(gnutls_bye(client->session, GNUTLS_SHUT_WR), 0);
    test_loop_until(has_ended, client);
    ck_assert(client->ended && !client->lost);
    test_loop_until_count(&ending, 1);
    hang_up(client);
    test_loop_until_count(&closed, 1);
    stop();
}
END_TEST

START_TEST(a_handshake_may_come_in_pieces)
{
    static const size_t pieces[] = {1, 7, 300};

    start(CLIENTS);
    struct client *client = dial(0);
    client->piece = pieces[_i];
    exchange(client, 100);
    hang_up(client);
    stop();
}
END_TEST

START_TEST(a_server_that_reads_nothing_stops_its_client_and_no_other)
{
    start(CLIENTS);
    struct client *slow = dial(0);
    exchange(slow, 1);
    servers[0].deaf = true;
    slow->want = LARGE;
    for (unsigned i = 0; i < 50; i++)
        advance(slow);
    struct client *quick = dial(1);
    exchange(quick, 100000);
    servers[0].deaf = false;
    test_loop_until(has_all, slow);
    hang_up(slow);
    hang_up(quick);
    stop();
}
END_TEST

START_TEST(a_client_that_reads_nothing_stops_its_server)
{
    start(CLIENTS);
    struct client *client = dial(0);
    exchange(client, 1);
    client->deaf = true;
    client->want = LARGE;
    for (unsigned i = 0; i < 100; i++) {
        advance(client);
        test_loop_for_ms(1);
    }
    client->deaf = false;
    test_loop_until(has_all, client);
    hang_up(client);
    stop();
}
END_TEST

/* ---- ends ---- */

START_TEST(nothing_runs_while_clients_are_silent)
{
    static const uint8_t begun[] = {0x16, 3, 1, 2, 0, 1};

    start(CLIENTS);
    struct client *shaken = dial(0), *silent = dial(1), *half = dial(2);
    exchange(shaken, 1);
    ck_assert_int_eq(send(half->fd, begun, sizeof begun, 0), sizeof begun);
    test_loop_for_ms(20);
    ck_assert(!slices_running(&tls.host.steps));
    ck_assert_uint_eq(tls.count, 3);
    hang_up(silent); /* in the middle of a handshake */
    hang_up(half);
    test_loop_until_count(&closed, 2);
    hang_up(shaken);
    stop();
}
END_TEST

START_TEST(a_reset_connection_is_closed)
{
    const struct linger now = {.l_onoff = 1};

    start(CLIENTS);
    struct client *client = dial(0);
    exchange(client, 1);
    setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    hang_up(client);
    test_loop_until_count(&closed, 1);
    stop();
}
END_TEST

START_TEST(a_server_that_closes_ends_the_connection_in_order)
{
    start(CLIENTS);
    struct client *client = dial(0);
    exchange(client, 1000);
    close(servers[0].fd);
    servers[0].fd = -1;
    test_loop_until(has_ended, client);
    ck_assert(client->ended && !client->lost);
    hang_up(client);
    test_loop_until_count(&closed, 1);
    stop();
}
END_TEST

START_TEST(a_connection_that_is_not_served_is_closed)
{
    start(CLIENTS);
    refuses = true;
    struct client *client = dial(0);
    test_loop_until(has_ended, client);
    ck_assert_uint_eq(closed, 1);
    hang_up(client);
    stop();
}
END_TEST

START_TEST(beyond_the_limit_a_connection_waits_until_another_one_is_closed)
{
    start(1);
    struct client *first = dial(0), *second = dial(1);
    exchange(first, 1);
    test_loop_for_ms(20);
    ck_assert_uint_eq(accepted, 1);
    hang_up(first);
    exchange(second, 1);
    ck_assert_uint_eq(accepted, 2);
    hang_up(second);
    stop();
}
END_TEST

START_TEST(connections_go_on_with_the_credentials_of_their_beginning)
{
    start(CLIENTS);
    struct client *client = dial(0);
    exchange(client, 1);
    http_tls_renew(&tls, read_credentials());
    exchange(client, 1000);
    struct client *later = dial(1);
    exchange(later, 1000);
    hang_up(client);
    hang_up(later);
    stop();
}
END_TEST

/* ---- when memory is out ---- */

static void try_connection(unsigned nth)
{
    start(CLIENTS);
    struct client *client = dial(0);
    client->want = 1000;
    heap_fail(nth);
    while (!client->ended && !client->lost && !(client->shaken && client->received == client->want)) {
        advance(client);
        test_loop_for_ms(1);
    }
    bool failed = heap_mend();
    ck_assert_int_eq(client->received == client->want, !failed);
    hang_up(client);
    stop();
}

START_TEST(without_memory_a_connection_is_closed)
{
    ck_assert_uint_ge(heap_each(try_connection), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_tls");
    TCase *tests = tcase_create("http_tls");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_a_client_sends_comes_back_and_both_end_in_order);
    tcase_add_loop_test(tests, a_handshake_may_come_in_pieces, 0, 3);
    tcase_add_test(tests, a_server_that_reads_nothing_stops_its_client_and_no_other);
    tcase_add_test(tests, a_client_that_reads_nothing_stops_its_server);
    tcase_add_test(tests, nothing_runs_while_clients_are_silent);
    tcase_add_test(tests, a_reset_connection_is_closed);
    tcase_add_test(tests, a_server_that_closes_ends_the_connection_in_order);
    tcase_add_test(tests, a_connection_that_is_not_served_is_closed);
    tcase_add_test(tests, beyond_the_limit_a_connection_waits_until_another_one_is_closed);
    tcase_add_test(tests, connections_go_on_with_the_credentials_of_their_beginning);
    tcase_add_test(tests, without_memory_a_connection_is_closed);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
