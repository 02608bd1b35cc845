/* The credentials of an HTTPS server, as its files have them: a certificate with its key, and the CAs whose clients it
 * trusts. TLS 1.3 only. */
#ifndef TLS_HTTPS_CREDENTIALS_H
#define TLS_HTTPS_CREDENTIALS_H

#include "tls/certificate_pair.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Connections use those with which they began, until they end. */
struct https_credentials {
    unsigned users;
    gnutls_priority_t priority;
    gnutls_certificate_credentials_t certificates;
    struct certificate_pair pair;
    struct certificate_file ca; /* without text: clients are not asked for certificates */
};

struct https_paths {
    const char *cert; /* empty: there is no HTTPS */
    const char *key;
    const char *ca; /* empty: clients are not asked */
};

/* Reads the files, for one user. Returns 0, or a negative errno with the reason in error. */
int https_credentials_read(const struct https_paths *paths, struct https_credentials **read, char *error,
                           size_t error_size);

/* One user more, one less; the last one frees them. NULL: nothing. */
struct https_credentials *https_credentials_hold(struct https_credentials *credentials);
void https_credentials_release(struct https_credentials *credentials);

/* Gives them to a session, which asks its client for a certificate if there are CAs. 0 or an error of GnuTLS. */
int https_credentials_give(const struct https_credentials *credentials, gnutls_session_t session);

/* Whether the files were the same. */
bool https_credentials_equal(const struct https_credentials *a, const struct https_credentials *b);

/* What became of the certificate of a client whose handshake is over. */
enum https_client {
    HTTPS_CLIENT_NONE,     /* it has sent none, or was not asked */
    HTTPS_CLIENT_ACCEPTED, /* a CA that is trusted has signed it, and it may be used by clients, now */
    HTTPS_CLIENT_REFUSED
};

#define HTTPS_CLIENT_WHY_MAX 160U

/* *not_after_s: until when an accepted one is valid (wall clock, seconds since 1970). why: why it is refused. */
enum https_client https_credentials_judge(gnutls_session_t session, int64_t *not_after_s,
                                          char why[HTTPS_CLIENT_WHY_MAX]);

#endif
