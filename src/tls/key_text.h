/* Pure. The text of a key, as it stands in a token file: the fleet's secret, or a key that is derived from it.
 *
 *     hr1:fleet:SECRET:SUM                     SECRET: 64 hexadecimal digits
 *     hr1:agent:EPOCH:GROUP:NODE:KEY:SUM       KEY: the same; the rest as in key_identity.h
 *
 * SUM is 8 hexadecimal digits of the FNV-1a hash of what precedes it. It detects typing errors and cut lines. */
#ifndef TLS_KEY_TEXT_H
#define TLS_KEY_TEXT_H

#include "tls/key_identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_LEN 32U /* bytes */

struct key_text {
    bool fleet;                   /* the fleet's secret; otherwise a derived key */
    struct key_identity identity; /* of a derived key */
    uint8_t bytes[KEY_LEN];
};

/* Reads one line, without its end. Returns NULL, or why it is no key and what to do, as in "is too short..."; then *key
 * is untouched. */
const char *key_text_parse(const char *line, size_t len, struct key_text *key);

/* Writes the text, of at most KEY_TEXT_MAX bytes, and a 0. */
void key_text_format(const struct key_text *key, char text[KEY_TEXT_MAX + 1]);

bool key_text_equal(const struct key_text *a, const struct key_text *b);

#endif
