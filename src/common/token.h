/* Pure. The token that agents and HTTP clients present to the collector. */
#ifndef COMMON_TOKEN_H
#define COMMON_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

/* Takes the content of a token file: UTF-8, its trailing white space cut. token has TOKEN_LEN_MAX + 1 bytes. Returns
 * NULL, or why the content is no token, as in "is empty"; then token is untouched. */
const char *token_read(const char *text, size_t len, char *token);

/* Whether the token given is the one wanted. The time does not depend on where they differ. */
bool token_ok(const char *wanted, const char *given);

#endif
