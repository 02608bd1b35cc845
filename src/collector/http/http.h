/* The HTTP server on the collector's loop, for operators, their browsers, Prometheus and KEDA.
 *
 * Happy path: libmicrohttpd's epoll descriptor becomes readable, MHD_run() takes what came in and asks for answers,
 * which it gets piece by piece: one piece for each connection that takes it in each run, and a few runs in each turn.
 * With HTTPS, http_tls accepts the connections and libmicrohttpd gets each once its handshake is over.
 * Failures: what a client does costs its connection. A connection has a time for its next request and one for reading
 * the answer, whatever it dribbles meanwhile. Where there are too many, of all or of one address, http_places
 * chooses one that is closed for the new one. */
#ifndef COLLECTOR_HTTP_HTTP_H
#define COLLECTOR_HTTP_HTTP_H

#include "collector/http/http_places.h"
#include "collector/http/http_send.h"
#include "collector/http/http_tls.h"
#include "collector/http/http_tls_watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct http {
    uv_loop_t *loop;
    struct http_sender sender;
    struct MHD_Daemon *daemon; /* NULL: off */
    uv_poll_t poll;
    uv_timer_t timer;          /* libmicrohttpd's */
    uv_idle_t again;           /* active while a connection needs more than one turn */
    uv_timer_t sweep;          /* closes connections that take too long */
    struct http_places places; /* of struct http_connection */
    struct http_tls tls;       /* zeroed: no HTTPS */
    struct http_tls_watch tls_watch;
    struct http_connection *opening; /* with HTTPS: the one that libmicrohttpd is being given */
    unsigned port;
};

/* Everything belongs to the caller; the server updates the world's `process`. */
struct http_options {
    struct answer_world *world;
    struct intake_hub *hub;              /* takes posted samples */
    const struct disk *disk;             /* the data directory, where answers about the past are read */
    const struct archive_engine *engine; /* which answers about the past, too; NULL: there is none */
    void (*on_received)(void *arg);      /* samples were posted */
    void *arg;
};

/* How many descriptors its connections may need. */
unsigned http_files_max(const struct collector_config *config);

/* Listens, unless the configuration is off. 0, or a negative errno whose reason is in error. */
int http_start(struct http *http, uv_loop_t *loop, const struct http_options *options, char *error, size_t error_size);

/* The configuration was read again: so are the files of HTTPS. */
void http_reload(struct http *http);

/* 0: off. */
unsigned http_port(const struct http *http);

/* Ends all connections. Idempotent. */
void http_close(struct http *http);

#endif
