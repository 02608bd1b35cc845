/* One end of a connection, on a plain socket: an agent for the collector's tests, a collector for the agent's. While it
 * waits, test_loop runs. Everything asserts that it worked. */
#ifndef SUPPORT_PEER_H
#define SUPPORT_PEER_H

#include "common/frame.h"
#include "common/wire.h"
#include "tls/channel.h"

#include <stdbool.h>
#include <stdint.h>

struct peer {
    int fd;
    struct frame_reader reader;
    struct wire_arena arena;
    uint8_t in[16384];
    struct bytes unread;
    struct channel *channel; /* NULL: not encrypted */
    struct bytes sealed;     /* encrypted bytes that are not decrypted yet, in `in` */
    uint8_t plain[CHANNEL_RECORD_MAX];
    bool ended;             /* the other side has closed or reset the connection */
    Headroom__Frame *frame; /* the last one */
};

/* To 127.0.0.1. */
void peer_connect(struct peer *peer, unsigned port);

/* From now on the connection is encrypted: begins the handshake; and waits for its end, or that of the connection. */
void peer_begin_handshake(struct peer *peer, const struct credentials *credentials);
bool peer_shake_hands(struct peer *peer);

/* A listening socket on 127.0.0.1, and a connection from it. */
int peer_listen(unsigned *port);
void peer_accept(struct peer *peer, int listen_fd);
bool peer_accept_now(struct peer *peer, int listen_fd); /* false: nobody is there */

void peer_close(struct peer *peer);
void peer_reset(struct peer *peer); /* the other side gets ECONNRESET */

void peer_send_bytes(struct peer *peer, const void *data, size_t len);
void peer_send(struct peer *peer, const Headroom__Frame *frame);

/* An agent's side. The Hello is of group "web", interval 1 s; oldest_seq is 1. */
void peer_send_hello(struct peer *peer, const char *node_id, uint64_t instance, uint64_t newest_seq);
void peer_send_batch(struct peer *peer, uint64_t first_seq, unsigned count);
void peer_send_goodbye(struct peer *peer, Headroom__Departure departure);

/* A collector's side. */
void peer_send_welcome(struct peer *peer, uint64_t resume_seq, uint64_t stored_seq, uint32_t ack_interval_ms);
void peer_send_ack(struct peer *peer, uint64_t stored_seq);
void peer_send_last_ack(struct peer *peer, uint64_t stored_seq); /* the answer to Goodbye */
void peer_send_reject(struct peer *peer, Headroom__Action action);

/* Whether a frame has come, or the end; does not wait. */
bool peer_poll(struct peer *peer);

/* The next frame; it lives until the next call. peer_expect(): one of that kind. peer_await(): passes over others. */
const Headroom__Frame *peer_receive(struct peer *peer);
const Headroom__Frame *peer_expect(struct peer *peer, Headroom__Frame__BodyCase body);
const Headroom__Frame *peer_await(struct peer *peer, Headroom__Frame__BodyCase body);
void peer_expect_end(struct peer *peer);

/* Acks until one covers that seq. */
void peer_await_stored(struct peer *peer, uint64_t stored_seq);

#endif
