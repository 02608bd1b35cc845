#include "collector/http/http_tls_client.h"

#include "common/log.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utlist.h>

_Static_assert(HTTP_RELAY_RECORD_MAX == CHANNEL_RECORD_MAX, "a record fits");
_Static_assert(HTTP_RELAY_DOWN_MAX >= CHANNEL_FLIGHT_MAX &&
                   HTTP_RELAY_DOWN_MAX >= CERTIFICATE_CHAIN_LEN_MAX + HTTP_RELAY_FLIGHT_MAX,
               "a flight of the handshake fits");

/* ---- the queue ---- */

static void enqueue(struct http_tls_client *client)
{
    struct http_tls_host *host = client->host;

    if (client->queued || client->closed)
        return;
    client->queued = true;
    host->handshakes += !client->relay.open;
    DL_APPEND2(host->queue, client, queue_prev, queue_next);
    slices_run_later(&host->steps);
}

static void dequeue(struct http_tls_client *client)
{
    struct http_tls_host *host = client->host;

    if (!client->queued)
        return;
    client->queued = false;
    host->handshakes -= !client->relay.open;
    DL_DELETE2(host->queue, client, queue_prev, queue_next);
}

/* ---- events ---- */

static void note_events(struct http_relay_side *side, int status, int events)
{
    side->readable = side->readable || status < 0 || (events & UV_READABLE) != 0;
    side->writable = side->writable || status < 0 || (events & UV_WRITABLE) != 0;
}

/* An error of the client's socket: it has reset the connection. What it sent before can be read: its reason, for one.
 */
static void http_tls_client_on_outside(uv_poll_t *poll, int status, int events)
{
    struct http_tls_client *client = poll->data;

    client->reset = client->reset || status < 0;
    note_events(&client->relay.client, status, events);
    enqueue(client);
}

/* An error of the server's: it has closed the socket, which may still hold bytes. libuv polls no more. */
static void http_tls_client_on_inside(uv_poll_t *poll, int status, int events)
{
    struct http_tls_client *client = poll->data;

    if (status < 0)
        client->inside_events = 0;
    note_events(&client->relay.server, status, events);
    enqueue(client);
}

static void poll_for(uv_poll_t *poll, struct http_relay_events events, int *polled, uv_poll_cb cb)
{
    int wanted = (events.readable ? UV_READABLE : 0) | (events.writable ? UV_WRITABLE : 0);

    if (wanted == *polled)
        return;
    *polled = wanted;
    if (wanted == 0)
        uv_poll_stop(poll);
    else
        uv_poll_start(poll, wanted, cb); /* fails only while it is closing */
}

static void wait_for_events(struct http_tls_client *client)
{
    poll_for(&client->outside, http_relay_client_events(&client->relay), &client->outside_events,
             http_tls_client_on_outside);
    if (client->inside_fd >= 0)
        poll_for(&client->inside, http_relay_server_events(&client->relay), &client->inside_events,
                 http_tls_client_on_inside);
}

/* ---- steps: TLS ---- */

static void log_failure(struct http_tls_client *client)
{
    const char *alert = channel_alert(client->channel);
    unsigned suppressed = 0;
    char ip[INET6_ADDRSTRLEN] = "?";

    if (!log_limit_pass(&client->host->troubles, uv_now(client->host->loop), &suppressed))
        return;
    uv_ip_name(&client->address.any, ip, sizeof ip);
    if (channel_fault(client->channel) == CHANNEL_PEER_PLAIN)
        log_warning("an HTTP client at %s does not encrypt: the address begins with https://", ip);
    else if (alert != NULL)
        log_warning("a client at %s refused the HTTPS connection: %s", ip, alert);
    else
        log_warning("an HTTPS connection from %s failed: %s", ip, channel_error(client->channel));
}

static void put_plain_answer(struct http_tls_client *client)
{
    static const char answer[] = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 57\r\n"
                                 "Connection: close\r\n\r\n"
                                 "This is HTTPS: the address has to begin with \"https://\".\n";
    size_t size = 0;
    uint8_t *room = http_relay_down_room(&client->relay, &size);

    memcpy(room, answer, sizeof answer - 1);
    http_relay_put(&client->relay.down, sizeof answer - 1);
}

static void break_off(struct http_tls_client *client)
{
    log_failure(client);
    if (channel_fault(client->channel) == CHANNEL_PEER_PLAIN)
        put_plain_answer(client);
    http_relay_finish(&client->relay);
}

static int add_inside(struct http_tls_client *client, int fd)
{
    int rc = uv_poll_init(client->host->loop, &client->inside, fd);

    if (rc < 0) {
        close(fd);
        return rc;
    }
    client->inside.data = client;
    client->inside_fd = fd;
    client->handles++;
    http_relay_open(&client->relay);
    return 0;
}

/* The handshake is over. */
static int open_inside(struct http_tls_client *client)
{
    const struct http_tls_owner *owner = &client->host->owner;
    int ends[2];

    if (client->credentials->ca.text != NULL)
        client->verdict = channel_judge_client(client->channel, &client->not_after_s, client->why);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    int rc = add_inside(client, ends[0]);
    if (rc < 0) {
        close(ends[1]);
        return rc;
    }
    return owner->on_open(client->own, ends[1], &client->address.any, client->address_len, owner->arg);
}

static int hold_plain(struct http_tls_client *client, size_t len)
{
    size_t size = 0;
    uint8_t *room = http_relay_up_room(&client->relay, &size);

    if (len > size)
        return -ENOBUFS;
    memcpy(room, client->host->plain, len);
    http_relay_put(&client->relay.up, len);
    return 0;
}

/* Continues the handshake, or decrypts. 0 or a negative errno: the connection is lost. */
static int unseal(struct http_tls_client *client, struct bytes input)
{
    struct http_relay *relay = &client->relay;
    int rc = 0;

    do {
        struct channel_out out = {0};
        out.bytes = http_relay_down_room(relay, &out.size);
        rc = channel_receive(client->channel, &input, client->host->plain, sizeof client->host->plain, &out);
        http_relay_put(&relay->down, out.len);
        if (rc > 0 && hold_plain(client, (size_t)rc) < 0)
            return -ENOBUFS;
    } while (rc > 0);
    if (rc < 0 && rc != -EPIPE) {
        break_off(client);
        return 0;
    }
    relay->client.ended = relay->client.ended || rc == -EPIPE;
    if (relay->open || channel_state(client->channel) == CHANNEL_HANDSHAKING)
        return 0;
    return open_inside(client);
}

/* ---- steps: sockets ---- */

static bool is_pause(int error)
{
    return error == EAGAIN || error == EINTR;
}

static int read_client(struct http_tls_client *client)
{
    struct http_relay *relay = &client->relay;
    struct http_tls_host *host = client->host;
    ssize_t len = recv(client->outside_fd, host->input, sizeof host->input, 0);

    if (len < 0) {
        relay->client.readable = errno == EINTR;
        return is_pause(errno) ? 0 : -errno;
    }
    http_relay_note_read(&relay->client, (size_t)len, sizeof host->input);
    if (len == 0 || http_relay_discards(relay))
        return 0;
    return unseal(client, (struct bytes){host->input, (size_t)len});
}

static int write_client(struct http_tls_client *client)
{
    struct http_relay *relay = &client->relay;
    const struct http_relay_bytes *down = &relay->down;
    ssize_t len = send(client->outside_fd, relay->down_bytes + down->begin, down->end - down->begin, MSG_NOSIGNAL);

    if (len < 0 && !is_pause(errno))
        return -errno;
    http_relay_note_write(&relay->client, &relay->down, len < 0 ? 0 : (size_t)len);
    return 0;
}

/* A server that closes its socket before it has read all of it resets the connection. */
static int read_server(struct http_tls_client *client)
{
    struct http_relay *relay = &client->relay;
    struct http_tls_host *host = client->host;
    struct channel_out out = {0};
    ssize_t len = recv(client->inside_fd, host->plain, sizeof host->plain, 0);

    if (len < 0 && is_pause(errno)) {
        relay->server.readable = errno == EINTR;
        return 0;
    }
    http_relay_note_read(&relay->server, len < 0 ? 0 : (size_t)len, sizeof host->plain);
    if (len <= 0)
        return 0;
    out.bytes = http_relay_down_room(relay, &out.size);
    int rc = channel_send(client->channel, host->plain, (size_t)len, &out);
    http_relay_put(&relay->down, out.len);
    return rc;
}

static void write_server(struct http_tls_client *client)
{
    struct http_relay *relay = &client->relay;
    const struct http_relay_bytes *up = &relay->up;
    ssize_t len = send(client->inside_fd, relay->up_bytes + up->begin, up->end - up->begin, MSG_NOSIGNAL);

    if (len < 0 && !is_pause(errno))
        http_relay_note_deaf_server(relay);
    else
        http_relay_note_write(&relay->server, &relay->up, len < 0 ? 0 : (size_t)len);
}

static void seal_end(struct http_tls_client *client)
{
    struct channel_out out = {0};

    out.bytes = http_relay_down_room(&client->relay, &out.size);
    channel_end(client->channel, &out);
    http_relay_put(&client->relay.down, out.len);
    client->relay.sealed = true;
}

static void end_client(struct http_tls_client *client)
{
    const struct http_tls_owner *owner = &client->host->owner;

    (void)shutdown(client->outside_fd, SHUT_WR);
    client->relay.client.told = true;
    owner->on_ending(client->own, owner->arg);
}

static void end_server(struct http_tls_client *client)
{
    (void)shutdown(client->inside_fd, SHUT_WR);
    client->relay.server.told = true;
}

/* 0, or a negative errno: the connection is lost. */
static int do_step(struct http_tls_client *client)
{
    switch (http_relay_next(&client->relay)) {
    case HTTP_RELAY_WAIT:
        return 0;
    case HTTP_RELAY_READ_CLIENT:
        return read_client(client);
    case HTTP_RELAY_WRITE_CLIENT:
        return write_client(client);
    case HTTP_RELAY_READ_SERVER:
        return read_server(client);
    case HTTP_RELAY_WRITE_SERVER:
        write_server(client);
        return 0;
    case HTTP_RELAY_END_SERVER:
        end_server(client);
        return 0;
    case HTTP_RELAY_SEAL_CLIENT:
        seal_end(client);
        return 0;
    case HTTP_RELAY_END_CLIENT:
        end_client(client);
        return 0;
    case HTTP_RELAY_CLOSE:
        break;
    }
    return -ESHUTDOWN;
}

static void step(struct http_tls_client *client)
{
    int rc = do_step(client);
    bool has_more = http_relay_next(&client->relay) != HTTP_RELAY_WAIT;

    if (rc < 0 || (client->reset && !has_more))
        http_tls_client_close(client);
    else if (has_more)
        enqueue(client);
    else if (!client->closed)
        wait_for_events(client);
}

bool http_tls_client_on_turn(void *host)
{
    struct http_tls_host *own = host;
    struct http_tls_client *client = own->queue;

    if (client == NULL)
        return false;
    dequeue(client);
    step(client);
    return own->queue != NULL;
}

/* ---- its certificate ---- */

bool http_tls_client_is_outdated(const struct http_tls_client *client, int64_t wall_ms)
{
    const struct https_credentials *now = client->host->credentials;

    if (client->verdict != HTTPS_CLIENT_ACCEPTED)
        return false;
    if (client->not_after_s < wall_ms / 1000)
        return true;
    return client->credentials != now && !certificate_file_equal(&client->credentials->ca, &now->ca);
}

/* ---- life ---- */

static void free_client(struct http_tls_client *client)
{
    channel_free(client->channel);
    https_credentials_release(client->credentials);
    free(client);
}

struct http_tls_client *http_tls_client_new(struct http_tls_host *host, int fd, const struct sockaddr *address,
                                            socklen_t address_len)
{
    struct http_tls_client *client = malloc(sizeof *client);

    if (client == NULL) {
        close(fd);
        return NULL;
    }
    memset(client, 0, offsetof(struct http_tls_client, relay)); /* the buffers need no zeros */
    client->host = host;
    client->outside_fd = fd;
    client->inside_fd = -1;
    client->address_len = address_len;
    memcpy(&client->address, address, address_len);
    client->credentials = https_credentials_hold(host->credentials);
    http_relay_init(&client->relay);
    client->channel = channel_new_https(client->credentials);
    if (client->channel != NULL && uv_poll_init(host->loop, &client->outside, fd) == 0) {
        client->outside.data = client;
        client->handles = 1;
        return client;
    }
    close(fd);
    free_client(client);
    return NULL;
}

void http_tls_client_start(struct http_tls_client *client)
{
    int one = 1;

    (void)setsockopt(client->outside_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    wait_for_events(client);
}

static void http_tls_client_on_close(uv_handle_t *handle)
{
    struct http_tls_client *client = handle->data;

    if (--client->handles == 0)
        free_client(client);
}

static void close_end(uv_poll_t *poll, int fd)
{
    if (fd < 0)
        return;
    uv_close((uv_handle_t *)poll, http_tls_client_on_close);
    close(fd);
}

void http_tls_client_close(struct http_tls_client *client)
{
    struct http_tls_host *host = client->host;

    if (client->closed)
        return;
    client->closed = true;
    dequeue(client);
    close_end(&client->outside, client->outside_fd);
    close_end(&client->inside, client->inside_fd);
    if (client->own != NULL)
        host->owner.on_closed(client->own, host->owner.arg);
    host->on_gone(client, host->arg);
}
