/* Connects http_request to libmicrohttpd: receives a request and sends its response. */
#ifndef COLLECTOR_HTTP_HTTP_SEND_H
#define COLLECTOR_HTTP_HTTP_SEND_H

#include "collector/archive/archive_reader.h"
#include "collector/http/http_request.h"

#include <microhttpd.h>

/* The server's side of the requests. */
struct http_sender {
    struct http_service service;
    int64_t wall_offset_ms; /* wall clock minus the loop's; set again only when it is off by more than a jitter */
    uint64_t until_ns;      /* by uv_hrtime(): work that comes later waits for the next turn of the loop */
    struct archive_reader archive;
    struct http_exchange *waiting; /* a list: requests that the archive is to answer */
    void (*on_archive)(void *arg); /* it has: the server has something to do */
    void *archive_arg;
};

struct http_exchange;

void http_send_init(struct http_sender *sender, struct answer_world *world, void (*on_received)(void *arg), void *arg);

/* Requests for the archive are answered from that disk, or by the engine, which may be NULL. on_archive(arg) is called
 * when one has been. */
void http_send_start_archive(struct http_sender *sender, uv_loop_t *loop, const struct disk *disk,
                             const struct archive_engine *engine, void (*on_archive)(void *arg), void *arg);

/* When no request is left. */
void http_send_deinit(struct http_sender *sender);

struct moment http_send_now(struct http_sender *sender);

/* NULL: out of memory. */
struct http_exchange *http_send_new(struct http_sender *sender, const char *uri);
void http_send_free(struct http_exchange *exchange);

/* Where the client is, see intake/origin.h. */
uint64_t http_send_origin(struct MHD_Connection *connection);

/* The response is queued. */
bool http_send_answered(const struct http_exchange *exchange);

/* The request waits for the archive, and libmicrohttpd does nothing with its connection meanwhile. */
bool http_send_waits(const struct http_exchange *exchange);

/* Of a request that waits: whether its client has closed its side of the connection. */
bool http_send_is_deserted(const struct http_exchange *exchange);

/* Ends the wait without an answer; libmicrohttpd closes the connection when it runs. Nothing if it does not wait. */
void http_send_abandon(struct http_exchange *exchange);

/* All that wait; and the archive is asked for nothing more. */
void http_send_stop_archive(struct http_sender *sender);

/* What libmicrohttpd's handler of a request gets. */
struct http_send_piece {
    const char *method;
    const char *data;
    size_t *len;
    struct http_access_certificate certificate; /* of the client */
};

/* As libmicrohttpd's handler of a request: first without data, then once for each piece of its body, of which *len is
 * what was not taken, and a last time without data; that again, as long as no response was queued. MHD_NO: close the
 * connection. */
enum MHD_Result http_send_receive(struct http_exchange *exchange, struct MHD_Connection *connection,
                                  const struct http_send_piece *given);

#endif
