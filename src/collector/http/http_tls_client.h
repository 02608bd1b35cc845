/* One HTTPS connection: carries out the steps of http_relay with its two sockets and its encrypted channel. */
#ifndef COLLECTOR_HTTP_HTTP_TLS_CLIENT_H
#define COLLECTOR_HTTP_HTTP_TLS_CLIENT_H

#include "collector/http/http_relay.h"
#include "common/log_limit.h"
#include "common/slices.h"
#include "tls/channel.h"
#include "tls/https_credentials.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

struct http_tls_client;

/* What the owner of the connections does. */
struct http_tls_owner {
    /* A connection was accepted. Returns what the other functions get as `own`; NULL: no memory, it is closed. */
    void *(*on_accepted)(struct http_tls_client *client, const struct sockaddr *address, void *arg);
    /* The handshake is over. The owner serves the socket fd, and closes it. 0 or a negative errno: it is closed. */
    int (*on_open)(void *own, int fd, const struct sockaddr *address, socklen_t address_len, void *arg);
    /* All is sent; the client has yet to close. */
    void (*on_ending)(void *own, void *arg);
    /* The client is closed, and will be freed. */
    void (*on_closed)(void *own, void *arg);
    void *arg;
};

/* What all connections share; http_tls provides it. */
struct http_tls_host {
    uv_loop_t *loop;
    struct slices steps;
    struct http_tls_client *queue;         /* utlist: they have something to do */
    unsigned handshakes;                   /* of those in the queue */
    struct https_credentials *credentials; /* of new connections */
    struct log_limit troubles;
    struct http_tls_owner owner;
    void (*on_gone)(struct http_tls_client *client, void *arg); /* it is closed, and will be freed */
    void *arg;
    uint8_t input[HTTP_RELAY_READ_MAX]; /* of one step */
    uint8_t plain[HTTP_RELAY_RECORD_MAX];
};

struct http_tls_client {
    struct http_tls_host *host;
    void *own;                    /* the owner's; NULL: it has none */
    struct http_tls_client *prev; /* utlist, of all */
    struct http_tls_client *next;
    struct http_tls_client *queue_prev; /* utlist, of those that have something to do */
    struct http_tls_client *queue_next;
    bool queued;
    bool reset; /* the client has reset the connection */
    bool closed;
    struct channel *channel;
    struct https_credentials *credentials;
    enum https_client verdict; /* on its certificate */
    int64_t not_after_s;       /* of an accepted one */
    char why[HTTPS_CLIENT_WHY_MAX];
    union {
        struct sockaddr any;
        struct sockaddr_in6 largest;
    } address;
    socklen_t address_len;
    uv_poll_t outside; /* the client's socket */
    uv_poll_t inside;  /* our end of the server's */
    int outside_fd;    /* -1: there is none */
    int inside_fd;
    int outside_events; /* that are polled for */
    int inside_events;
    unsigned handles; /* that are not closed yet */
    struct http_relay relay;
};

/* A connection that was accepted; its fd is closed with it, also if this fails. NULL: no memory. */
struct http_tls_client *http_tls_client_new(struct http_tls_host *host, int fd, const struct sockaddr *address,
                                            socklen_t address_len);

/* Begins the handshake. */
void http_tls_client_start(struct http_tls_client *client);

/* Does one step of the first client in the queue, which goes to the end of it if it has more to do. Returns whether
 * there are more. host: a struct http_tls_host, void so that it is the callback of its slices. */
bool http_tls_client_on_turn(void *host);

/* Whether its certificate was accepted, and is no longer: it has expired, or the CAs are others now. */
bool http_tls_client_is_outdated(const struct http_tls_client *client, int64_t wall_ms);

/* Idempotent. The memory is freed in another turn of the loop. */
void http_tls_client_close(struct http_tls_client *client);

#endif
