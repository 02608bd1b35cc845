/* Pure. The keys that a collector accepts: all that are derived from its secrets, without those that are revoked. */
#ifndef TLS_KEY_RING_H
#define TLS_KEY_RING_H

#include "common/limits.h"
#include "tls/key_identity.h"
#include "tls/key_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_RING_GROUP "group " /* before the name of a group whose key is revoked */

struct key_secret {
    char epoch[KEY_EPOCH_LEN + 1];
    uint8_t bytes[KEY_LEN];
};

struct key_ring {
    struct key_secret secrets[KEY_SECRETS_MAX];
    unsigned count; /* 0: the collector has no key */
    char *revoked;  /* owned: lines "NODE" and "group NAME", each with its newline; NULL: none */
};

enum key_verdict {
    KEY_ACCEPTED,
    KEY_MALFORMED,    /* the identity is not of the form of this version */
    KEY_OTHER_SECRET, /* it is of another fleet, or of a secret that is no longer valid */
    KEY_REVOKED
};

/* Who the client of a handshake claims to be, and whether the ring has its key. Once the handshake succeeds, the claim
 * is proved. */
struct key_claim {
    const struct key_ring *ring; /* the collector's, as it is now */
    struct key_identity identity;
    enum key_verdict verdict; /* at the handshake; KEY_MALFORMED at first */
};

/* Adds a secret, whose name is epoch. 0, -ENOSPC or -EEXIST. */
int key_ring_add(struct key_ring *ring, const uint8_t secret[KEY_LEN], const char epoch[KEY_EPOCH_LEN + 1]);

/* The secret from which the key of that identity is derived; NULL: the ring does not have it. */
const uint8_t *key_ring_secret(const struct key_ring *ring, const struct key_identity *identity);

/* Whether the key of that identity is accepted. */
enum key_verdict key_ring_judge(const struct key_ring *ring, const struct key_identity *identity);

/* Whether the name of a node is revoked: then no key speaks for it. */
bool key_ring_revokes_node(const struct key_ring *ring, const char *node);

bool key_ring_equal(const struct key_ring *a, const struct key_ring *b);

/* Forgets the secrets. Also for a zeroed one, and more than once. */
void key_ring_deinit(struct key_ring *ring);

#endif
