/* Derives keys from the fleet's secret by HKDF-SHA256 (RFC 5869), so that a collector holds no list of keys. GnuTLS
 * computes them: tls_library_load() comes first.
 *
 *     PRK   = Extract(salt "headroom psk v1", secret)
 *     key   = Expand(PRK, "agent to collector, sha256" 0x00 identity, 32)
 *     epoch = Expand(PRK, "epoch", 4), in hexadecimal
 *
 * The label names the direction: no program uses a key in both roles (RFC 9257, section 4.3). */
#ifndef TLS_KEY_DERIVE_H
#define TLS_KEY_DERIVE_H

#include "tls/key_identity.h"
#include "tls/key_text.h"

#include <stdint.h>

/* The name of a secret. It allows no conclusion about the secret. 0 or a negative errno. */
int key_derive_epoch(const uint8_t secret[KEY_LEN], char epoch[KEY_EPOCH_LEN + 1]);

/* The key of a valid identity. 0 or a negative errno. */
int key_derive(const uint8_t secret[KEY_LEN], const struct key_identity *identity, uint8_t key[KEY_LEN]);

/* The identity and the key by which the holder of a key text authenticates: those of the text, or those that are
 * derived from the fleet's secret. 0 or a negative errno. */
int key_derive_own(const struct key_text *text, struct key_identity *identity, uint8_t key[KEY_LEN]);

#endif
