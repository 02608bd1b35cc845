/* Accepts HTTPS connections, ends their encryption, and gives each to the HTTP server as a plain one.
 *
 * The encryption of libmicrohttpd itself is not used: on the loop of another program it takes all of the CPU as long as
 * a handshake waits for its client.
 *
 * Happy path: accept, handshake, a pair of connected sockets of which the server gets one end, relay bytes. Each turn
 * of the loop spends a millisecond on it; who has something to do waits in a queue, and does one step each time.
 * Failures: what a client does costs its connection. How many there may be, and for how long, is the owner's to say:
 * http_places counts them from the time when they are accepted. */
#ifndef COLLECTOR_HTTP_HTTP_TLS_H
#define COLLECTOR_HTTP_HTTP_TLS_H

#include "collector/http/http_tls_client.h"

#include <stdbool.h>
#include <uv.h>

struct http_tls {
    struct http_tls_host host; /* its loop is NULL: there is no HTTPS */
    int fd;                    /* that listens */
    uv_poll_t listening;
    bool paused;                     /* no connection is accepted before another one has closed, or http_tls_resume() */
    struct http_tls_client *clients; /* utlist */
    unsigned count;
    unsigned count_max;
};

/* fd listens; it and the credentials belong to http_tls from now on, also if this fails. At most count_max connections
 * are open at the same time. 0 or a negative errno. */
int http_tls_start(struct http_tls *tls, uv_loop_t *loop, int fd, struct https_credentials *credentials,
                   unsigned count_max, const struct http_tls_owner *owner);

/* Takes over the credentials, for connections that begin from now on. */
void http_tls_renew(struct http_tls *tls, struct https_credentials *credentials);

/* Tries again to accept, if that had failed. Nothing for a zeroed one. */
void http_tls_resume(struct http_tls *tls);

/* Closes all clients. Idempotent, and nothing for a zeroed one. */
void http_tls_close(struct http_tls *tls);

#endif
