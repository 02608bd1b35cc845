/* Pure. What the answer to a request to the collector's HTTP API means: a document, or the reason why there is none.
 *
 * The server may lie. The strings of a document have no control characters, so that printing them can't do anything to
 * a terminal, and its whole numbers are between -2^53 and 2^53, so that differences don't overflow. */
#ifndef CLI_API_ANSWER_H
#define CLI_API_ANSWER_H

#include <jansson.h>
#include <stddef.h>

#define API_ANSWER_MAX ((size_t)16 << 20) /* bytes of a body */

/* status: of HTTP. Returns 0 and the document, an object, which the caller releases; -ENOENT if the collector knows no
 * such thing; -EACCES if it wants a token; or another negative errno. Then error has the reason. */
int api_answer_read(long status, const char *body, size_t len, json_t **document, char *error, size_t error_size);

#endif
