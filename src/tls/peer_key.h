/* Refuses a peer's certificate whose key would hold the loop. Whoever connects may send one, and its
 * signature is verified before anything else is known of it: with an RSA key of 16,384 bits whose public exponent is as
 * long, that takes most of a second. */
#ifndef TLS_PEER_KEY_H
#define TLS_PEER_KEY_H

#include <gnutls/gnutls.h>
#include <stdbool.h>

#define PEER_KEY_RSA_BITS_MAX     4096U
#define PEER_KEY_EXPONENT_LEN_MAX 8U /* bytes; nearly all keys have the exponent 65537 */

/* Whether the key of a certificate is checked in little time. der: the certificate. */
bool peer_key_is_cheap(const gnutls_datum_t *der);

/* Whether the first certificate of TLS's message Certificate has such a key that it may be used, or the message has
 * none, or is one that GnuTLS refuses. */
bool peer_key_accepts(const gnutls_datum_t *message);

/* From now on the handshake of this session of a server fails at such a certificate, before it is used. */
void peer_key_guard(gnutls_session_t session);

#endif
