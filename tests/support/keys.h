/* Keys of a fleet for tests. */
#ifndef SUPPORT_KEYS_H
#define SUPPORT_KEYS_H

#include "tls/key_ring.h"
#include "tls/key_text.h"

/* The secret of the fleet of that number, 0 and up. GnuTLS is loaded afterwards. */
struct key_text keys_fleet(unsigned number);

/* The key that is derived from it for a group and a node; "*": any. */
struct key_text keys_derived(unsigned number, const char *group, const char *node);

/* key_ring_add() of the secret of that fleet. */
int keys_add(struct key_ring *ring, unsigned number);

/* A ring with the secret of that fleet. */
struct key_ring keys_ring(unsigned number);

#endif
