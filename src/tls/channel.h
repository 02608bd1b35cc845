/* The encrypted channel of one connection: a GnuTLS session that is fed with bytes and emptied of bytes, and has no
 * socket. Its owner reads from the socket and writes to it:
 *
 *     bytes read --> channel_receive() --> plain bytes for the protocol, and bytes to write (of the handshake, alerts)
 *     plain bytes of the protocol --> channel_send() --> bytes to write
 *     the end of the protocol --> channel_end() --> bytes to write
 *
 *     HANDSHAKING --handshake--> SEALED --an alert, a wrong byte, a wrong key--> BROKEN
 *
 * A client begins with channel_receive() without input. Nothing can be sent before the channel is sealed.
 *
 * Each call writes what is to be sent to the caller's buffer. It has room for what one call may make, so nothing is
 * kept for later. */
#ifndef TLS_CHANNEL_H
#define TLS_CHANNEL_H

#include "common/frame.h"
#include "tls/credentials.h"
#include "tls/https_credentials.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHANNEL_FLIGHT_MAX 2048U /* bytes that channel_receive() may have to write */
#define CHANNEL_RECORD_MAX 16384U

/* The longest form of len bytes that are sent. */
#define CHANNEL_SEALED_MAX(len) ((len) + ((len) / CHANNEL_RECORD_MAX + 1) * 64 + CHANNEL_FLIGHT_MAX)

enum channel_state { CHANNEL_HANDSHAKING, CHANNEL_SEALED, CHANNEL_BROKEN };

struct channel;

struct channel_out {
    uint8_t *bytes;
    size_t size;
    size_t len; /* of what is to be written; calls append to it */
};

/* For a connection to a collector, or (with the ring that judges its peer) from an agent. The credentials live as long
 * as the channel, and so does the ring. NULL: no memory. */
struct channel *channel_new(const struct credentials *credentials, const struct key_ring *ring);
void channel_free(struct channel *channel);

/* For a connection from an HTTPS client. The credentials live as long as the channel. NULL: no memory. */
struct channel *channel_new_https(const struct https_credentials *credentials);

/* Takes bytes from the front of *input, and writes plain ones to `plain`, as many as one record has: size is at least
 * CHANNEL_RECORD_MAX. Returns how many; 0: all input is used, and there are no more (after a record that leaves no
 * input, the next call would return that); -EPIPE: the peer sends no more, and still reads what is sent; another
 * negative errno: the channel is broken, see channel_fault(), and there may be an alert to write. */
int channel_receive(struct channel *channel, struct bytes *input, uint8_t *plain, size_t size, struct channel_out *out);

/* Encrypts. The channel is sealed. 0 or a negative errno: it is broken. */
int channel_send(struct channel *channel, const uint8_t *bytes, size_t len, struct channel_out *out);

/* Appends TLS's end of what is sent (close_notify), so that the peer knows that nothing was cut off. */
void channel_end(struct channel *channel, struct channel_out *out);

/* What is known of the certificate of an HTTPS client, once the channel is sealed: as https_credentials_judge(). */
enum https_client channel_judge_client(const struct channel *channel, int64_t *not_after_s,
                                       char why[HTTPS_CLIENT_WHY_MAX]);

/* The name of the alert by which an HTTPS client has ended the handshake. NULL: it has sent none. */
const char *channel_alert(const struct channel *channel);

enum channel_state channel_state(const struct channel *channel);

/* What the client of a server's channel claims, or has proved once the channel is sealed. */
struct key_claim *channel_claim(struct channel *channel);

/* Why the channel is broken. */
enum channel_fault {
    CHANNEL_PEER_PLAIN, /* the peer's first byte is not TLS: it has no key */
    CHANNEL_KEY,        /* the peers do not have the same key, or the identity is not accepted */
    CHANNEL_OTHER       /* see channel_error() */
};
enum channel_fault channel_fault(const struct channel *channel);

/* GnuTLS's words for CHANNEL_OTHER. */
const char *channel_error(const struct channel *channel);

#endif
