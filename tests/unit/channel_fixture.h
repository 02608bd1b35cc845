/* The two ends of a channel in memory, without sockets: so everything can be cut and changed at each byte. */
#ifndef UNIT_CHANNEL_FIXTURE_H
#define UNIT_CHANNEL_FIXTURE_H

#include "support/suite.h"
#include "tls/channel.h"

#include <string.h>

#define WIRE_SIZE ((size_t)256 * 1024)

/* What one end has sent, and how much of it the other has read. */
struct wire {
    uint8_t bytes[WIRE_SIZE];
    struct channel_out out;
    size_t read;
};

struct end {
    struct credentials credentials;
    struct channel *channel;
    struct wire wire;
    uint8_t plain[WIRE_SIZE]; /* received */
    size_t plain_len;
};

static struct end server, client;
static struct key_ring ring;

static inline void end_begin(struct end *end, const struct channel_peer *peer)
{
    end->channel = channel_new(&end->credentials, &ring, peer);
    ck_assert_ptr_nonnull(end->channel);
    end->wire.out = (struct channel_out){.bytes = end->wire.bytes, .size = WIRE_SIZE};
    end->wire.read = 0;
    end->plain_len = 0;
}

/* Lets `to` read len bytes of what `from` has sent. Returns the channel's result. */
static inline int carry(struct end *from, struct end *to, size_t len)
{
    struct bytes input = {from->wire.bytes + from->wire.read, len};
    int rc;

    from->wire.read += len;
    while ((rc = channel_receive(to->channel, &input, to->plain + to->plain_len, CHANNEL_RECORD_MAX, &to->wire.out)) >
           0)
        to->plain_len += (size_t)rc;
    ck_assert_msg(rc < 0 || input.len == 0, "%d %zu of %zu", rc, input.len, len);
    return rc;
}

static inline size_t waiting(const struct end *from)
{
    return from->wire.out.len - from->wire.read;
}

/* Carries everything in pieces of at most `piece` bytes, until both ends are silent or one is broken. */
static inline int converse(size_t piece)
{
    int rc = carry(&server, &client, 0);

    while (rc == 0 && waiting(&client) + waiting(&server) > 0) {
        struct end *from = waiting(&client) > 0 ? &client : &server;
        size_t len = waiting(from) < piece ? waiting(from) : piece;
        rc = carry(from, from == &client ? &server : &client, len);
    }
    return rc;
}

static inline void send_text(struct end *from, const char *text)
{
    ck_assert_int_eq(channel_send(from->channel, (const uint8_t *)text, strlen(text), &from->wire.out), 0);
}

static inline void assert_sealed(void)
{
    ck_assert_int_eq(channel_state(client.channel), CHANNEL_SEALED);
    ck_assert_int_eq(channel_state(server.channel), CHANNEL_SEALED);
}

#endif
