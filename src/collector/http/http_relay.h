/* Pure. Decides what is done next for an HTTPS connection: bytes pass between the client, which encrypts them, and the
 * HTTP server, which gets them plain over a socket of its own. The shell, http_tls_client, does it and notes the
 * result.
 *
 *     client --READ_CLIENT--> decrypt --> up ----WRITE_SERVER--> server
 *     client <--WRITE_CLIENT-- down <-- encrypt <--READ_SERVER-- server
 *
 * Each direction holds what one read gave, and reads no more before that is written. So the side that does not read
 * stops the other one, and a connection needs no memory beyond this struct. The end of one side is passed to the other
 * one behind all bytes. */
#ifndef COLLECTOR_HTTP_HTTP_RELAY_H
#define COLLECTOR_HTTP_HTTP_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_RELAY_RECORD_MAX 16384U /* plain bytes of a TLS record, and of a read from the server */
#define HTTP_RELAY_READ_MAX   8192U  /* of a read from the client */
#define HTTP_RELAY_FLIGHT_MAX                                                                                          \
    2048U /* what TLS itself may send in answer to what was read, once the handshake is over */

/* What the last bytes read may complete, and what they may hold. */
#define HTTP_RELAY_UP_MAX (HTTP_RELAY_RECORD_MAX + HTTP_RELAY_READ_MAX)

/* An encrypted record, or the server's part of a handshake. */
#define HTTP_RELAY_DOWN_MAX (HTTP_RELAY_RECORD_MAX + 128 + 2 * HTTP_RELAY_FLIGHT_MAX)

enum http_relay_step {
    HTTP_RELAY_WAIT, /* for what http_relay_client_events() and http_relay_server_events() say */
    HTTP_RELAY_READ_CLIENT,
    HTTP_RELAY_WRITE_CLIENT,
    HTTP_RELAY_READ_SERVER,
    HTTP_RELAY_WRITE_SERVER,
    HTTP_RELAY_END_SERVER,  /* no more bytes come from the client: shut the socket down for writing */
    HTTP_RELAY_SEAL_CLIENT, /* no more come from the server: append TLS's own end to `down` */
    HTTP_RELAY_END_CLIENT,  /* it is written: shut the socket down for writing */
    HTTP_RELAY_CLOSE
};

struct http_relay_side {
    bool readable; /* as far as is known */
    bool writable;
    bool ended; /* no more bytes come from there */
    bool told;  /* and none go there */
};

struct http_relay_bytes {
    size_t begin; /* of those that are not written yet */
    size_t end;
};

struct http_relay {
    struct http_relay_side client;
    struct http_relay_side server;
    struct http_relay_bytes up;
    struct http_relay_bytes down;
    bool open;   /* the handshake is over, and the server has the connection */
    bool sealed; /* HTTP_RELAY_SEAL_CLIENT is done, or nothing is sealed any more */
    uint8_t up_bytes[HTTP_RELAY_UP_MAX];
    uint8_t down_bytes[HTTP_RELAY_DOWN_MAX];
};

/* A handshake begins. The bytes need not be initialised. */
void http_relay_init(struct http_relay *relay);

enum http_relay_step http_relay_next(const struct http_relay *relay);

/* What to wait for. */
struct http_relay_events {
    bool readable;
    bool writable;
};
struct http_relay_events http_relay_client_events(const struct http_relay *relay);
struct http_relay_events http_relay_server_events(const struct http_relay *relay);

/* The handshake is over. */
void http_relay_open(struct http_relay *relay);

/* The connection is over for a reason of TLS: what is in `down` is written, and nothing else. */
void http_relay_finish(struct http_relay *relay);

/* Whether what comes from the client is of no use any more. */
bool http_relay_discards(const struct http_relay *relay);

/* Room for up to *size bytes; http_relay_put() then says how many there are. */
uint8_t *http_relay_up_room(struct http_relay *relay, size_t *size);
uint8_t *http_relay_down_room(struct http_relay *relay, size_t *size);
void http_relay_put(struct http_relay_bytes *bytes, size_t len);

/* A read of up to `asked` bytes gave len; 0: the end. */
void http_relay_note_read(struct http_relay_side *side, size_t len, size_t asked);

/* Of the bytes, len were written; fewer than all: the socket is full. */
void http_relay_note_write(struct http_relay_side *side, struct http_relay_bytes *bytes, size_t len);

/* The server takes no more. */
void http_relay_note_deaf_server(struct http_relay *relay);

#endif
