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
 * A client with certificates checks that of the server during the handshake. A server judges that of the client at the
 * end of the handshake, and the channel is sealed in any case: its owner decides what a client may do whose certificate
 * is not accepted.
 *
 * Each call writes what is to be sent to the caller's buffer. It has room for what one call may make, so nothing is
 * kept for later. */
#ifndef TLS_CHANNEL_H
#define TLS_CHANNEL_H

#include "common/frame.h"
#include "tls/channel_transport.h"
#include "tls/credentials.h"
#include "tls/https_credentials.h"
#include "tls/peer_claim.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHANNEL_FLIGHT_MAX                                                                                             \
    16384U /* bytes that channel_receive() may have to write: a chain of certificates, a ticket */
#define CHANNEL_RECORD_MAX 16384U

/* The longest form of len bytes that are sent. */
#define CHANNEL_SEALED_MAX(len) ((len) + ((len) / CHANNEL_RECORD_MAX + 1) * 64 + 2048U)

enum channel_state { CHANNEL_HANDSHAKING, CHANNEL_SEALED, CHANNEL_BROKEN };

struct channel;

/* By what a client returns to a server without certificates being shown again. */
struct channel_ticket {
    uint8_t *bytes; /* owned; NULL: there is none */
    size_t len;
    uint32_t version; /* of the credentials: with another certificate, a client does not return as the old one */
};

/* What a client needs besides its credentials, for certificates. */
struct channel_peer {
    const char *host;                    /* the name that the server's certificate must have; lives as long */
    const struct channel_ticket *ticket; /* of an earlier channel to it, or NULL */
};

/* For a connection to a collector (with the peer, unless there is a key), or from an agent (with the ring that judges
 * its peer). What the arguments point to lives as long as the channel, except for tickets; the credentials' own
 * certificate may be replaced. NULL: no memory. */
struct channel *channel_new(const struct credentials *credentials, const struct key_ring *ring,
                            const struct channel_peer *peer);
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

/* Who the client of a server's channel claims to be, or has proved to be once the channel is sealed. At a client: what
 * the server's certificate has shown. */
struct peer_claim *channel_claim(struct channel *channel);

/* Whether a sealed channel began with a ticket. */
bool channel_resumed(const struct channel *channel);

/* Replaces the ticket by the one that the server has sent, if it has. 0 or -ENOMEM; then it is as before. */
int channel_take_ticket(const struct channel *channel, struct channel_ticket *ticket);
void channel_ticket_deinit(struct channel_ticket *ticket);

/* Why the channel is broken. */
enum channel_fault {
    CHANNEL_PEER_PLAIN,  /* the peer's first byte is not TLS: it has no key */
    CHANNEL_KEY,         /* the peers do not have the same key, or one has keys and the other certificates */
    CHANNEL_CERTIFICATE, /* at a client: the server's certificate is not accepted, channel_claim() has the verdict */
    CHANNEL_REFUSED,     /* the peer refuses this side's certificate: channel_error() */
    CHANNEL_OTHER        /* see channel_error() */
};
enum channel_fault channel_fault(const struct channel *channel);

/* GnuTLS's words for CHANNEL_OTHER, and the alert for CHANNEL_REFUSED. */
const char *channel_error(const struct channel *channel);

#endif
