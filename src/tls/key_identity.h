/* Pure. The identity for which a key is valid: which nodes of which group its holder may speak for. An agent sends it
 * in clear at the beginning of its TLS handshake.
 *
 *     hr1/agent/EPOCH/GROUP/NODE
 *
 * GROUP and NODE are names, or an asterisk: any. The key of a group has an asterisk for the node, that of the fleet has
 * two. EPOCH names the fleet's secret from which the key is derived, see key_derive_epoch(): while a secret is
 * replaced, a collector accepts two. */
#ifndef TLS_KEY_IDENTITY_H
#define TLS_KEY_IDENTITY_H

#include "common/limits.h"

#include <stdbool.h>
#include <stddef.h>

#define KEY_EPOCH_LEN 8U /* hexadecimal digits */
#define KEY_ANY       "*"

#define KEY_IDENTITY_NAMES_MAX (KEY_IDENTITY_MAX - 20U) /* bytes of both names: the rest has 20 */

struct key_identity {
    char epoch[KEY_EPOCH_LEN + 1];
    char group[NAME_LEN_MAX + 1]; /* a name or KEY_ANY */
    char node[NAME_LEN_MAX + 1];  /* the same */
};

/* Whether each part is a name or KEY_ANY, and the whole fits into KEY_IDENTITY_MAX bytes. */
bool key_identity_ok(const struct key_identity *identity);

/* Writes the text of a valid identity, which is at most KEY_IDENTITY_MAX bytes long, and a 0. */
void key_identity_format(const struct key_identity *identity, char text[KEY_IDENTITY_MAX + 1]);

/* Whether text is a valid identity; if not, *identity is untouched. */
bool key_identity_parse(const char *text, size_t len, struct key_identity *identity);

/* Whether the holder may speak for that node in that group. */
bool key_identity_covers(const struct key_identity *identity, const char *group, const char *node);

#endif
