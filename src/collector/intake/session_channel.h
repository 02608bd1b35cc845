/* The encryption of one agent's connection. While the handshake lasts, what was read is held here until the session's
 * turn comes: a handshake takes up to 200 us, so that those of many agents who connect at once are spread over the
 * turns of the loop. */
#ifndef COLLECTOR_INTAKE_SESSION_CHANNEL_H
#define COLLECTOR_INTAKE_SESSION_CHANNEL_H

#include "collector/intake/handshakes.h"
#include "common/frame.h"
#include "tls/channel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that a peer may send before its first message is whole, and from then on before its handshake is done: a client
 * sends its greeting right behind it at most. */
#define SESSION_CHANNEL_FIRST_MAX 4096U
#define SESSION_CHANNEL_HELD_MAX  16384U

struct session_channel {
    struct channel *channel;      /* NULL: the first message is not whole. GnuTLS's session would take 30 KB */
    void *owner;                  /* the session, for its own use */
    struct session_channel *prev; /* utlist, of the queue. NULL: it is not in there */
    struct session_channel *next;
    uint64_t begun_us; /* monotonic; 0: its handshake is done */
    uint8_t *held;     /* owned; NULL: nothing */
    size_t held_len;
    bool has_end; /* the peer has sent nothing behind what is held, and will not */
};

/* Channels whose handshake waits for its turn, in the order of arrival. */
struct session_channel_queue {
    struct session_channel *head;
    unsigned count;
};

/* The peer has begun a handshake, which is counted. NULL: no memory. */
struct session_channel *session_channel_new(struct handshakes *handshakes, void *owner);
void session_channel_free(struct session_channel *channel);

/* The first message is whole: the handshake begins. 0 or -ENOMEM. */
int session_channel_begin(struct session_channel *channel, const struct credentials *credentials,
                          const struct key_ring *ring);

/* Whether the handshake is not done: input is to be held. */
bool session_channel_greets(const struct session_channel *channel);

/* Whether frames can be sent. */
bool session_channel_is_sealed(const struct session_channel *channel);

/* The form in which frames are written: len bytes, with those of a channel in `out`. Its length is 0 if the channel is
 * broken. channel: NULL if the peer does not encrypt. */
struct bytes session_channel_seal(const struct session_channel *channel, const uint8_t *frames, size_t len,
                                  struct channel_out *out);

/* Counts the result of the handshake, unless that was done before. One that is not done yet was abandoned. */
void session_channel_conclude(struct session_channel *channel, struct handshakes *handshakes);

/* Holds a copy of input. If the peer has sent a whole message, puts the channel at the end of the queue unless it is in
 * there. 0, -ENOMEM, or -EMSGSIZE: the peer sends more than it may. */
int session_channel_hold(struct session_channel *channel, struct bytes input, struct session_channel_queue *queue);

/* Takes the first channel out of the queue. NULL: it is empty. */
struct session_channel *session_channel_take(struct session_channel_queue *queue);

/* Takes this one out, if it is in there. */
void session_channel_leave(struct session_channel *channel, struct session_channel_queue *queue);

/* Whether its turn is yet to come. */
bool session_channel_waits(const struct session_channel *channel);

/* What was held. The caller frees the bytes. */
struct bytes session_channel_release(struct session_channel *channel);

#endif
