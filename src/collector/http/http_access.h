/* Pure. Decides whether a request is allowed, from the address that the server listens on and from the headers of
 * the request. */
#ifndef COLLECTOR_HTTP_HTTP_ACCESS_H
#define COLLECTOR_HTTP_HTTP_ACCESS_H

#include "collector/config/config.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether the server may listen there: beyond loopback clients need a token or a certificate, or --http-insecure. 0, or
 * -EPERM with the reason in error. */
int http_access_check(const struct collector_config *config, bool loopback, char *error, size_t error_size);

/* Whether a Host header names this machine itself, or an address rather than a name: not a name that a stranger points
 * here (DNS rebinding). NULL, no header at all, does. */
bool http_access_host_is_local(const char *host);

/* What is known of the certificate of a client. All zero: it has sent none. */
struct http_access_certificate {
    bool accepted;
    const char *why; /* it is not */
};

/* Whether clients must show who they are. */
bool http_access_is_limited(const struct collector_config *config);

/* Whether an Authorization header carries the token; without a token, none does. NULL: there is none. */
bool http_access_token_ok(const char *token, const char *authorization);

/* How a request declares where its body ends. All zero: it does not. */
struct http_access_framing {
    unsigned lengths;   /* Content-Length headers */
    unsigned encodings; /* Transfer-Encoding headers */
    bool is_strange;    /* an encoding that is not known */
};

/* Notes one header. */
void http_access_note_header(struct http_access_framing *framing, const char *name, const char *value);

/* Whether the end of the body is beyond doubt. Two lengths, or an unknown encoding, smuggle a second request past a
 * proxy. */
bool http_access_framing_ok(const struct http_access_framing *framing);

#endif
