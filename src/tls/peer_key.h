/* Refuses a client's certificate whose key would hold the server's loop. Whoever connects may send one, and its
 * signature is verified before anything else is known of it: with an RSA key of 16,384 bits whose public exponent is as
 * long, that takes most of a second. */
#ifndef TLS_PEER_KEY_H
#define TLS_PEER_KEY_H

#include <gnutls/gnutls.h>

#define PEER_KEY_RSA_BITS_MAX     4096U
#define PEER_KEY_EXPONENT_LEN_MAX 8U /* bytes; nearly all keys have the exponent 65537 */

/* From now on the handshake of this session of a server fails at such a certificate, before it is used. */
void peer_key_guard(gnutls_session_t session);

#endif
