/* A certificate with the key that belongs to it, as they stand in two PEM files. The first file also has the
 * certificates that lead from it to the CA, without the CA's own. */
#ifndef TLS_CERTIFICATE_PAIR_H
#define TLS_CERTIFICATE_PAIR_H

#include "tls/certificate_file.h"

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CERTIFICATE_SUBJECT_MAX 256U

enum certificate_use { CERTIFICATE_OF_SERVER, CERTIFICATE_OF_CLIENT };

struct certificate_pair {
    struct certificate_file chain; /* chain.text is NULL: there is none */
    struct certificate_file key;
    int64_t not_before_s;                  /* wall clock, seconds since 1970: when all of the chain are valid, */
    int64_t not_after_s;                   /* and until when */
    char subject[CERTIFICATE_SUBJECT_MAX]; /* as in "CN=collector.example,O=Example"; empty: it has none */
};

/* Reads the two files after loading GnuTLS, and checks that they fit, that the certificate may be used so, and that
 * the key of a server does not hold the loop for long. A certificate that has expired is read all the same. Returns 0,
 * or a negative errno with the reason in error; then *pair is untouched. */
int certificate_pair_read(const char *cert_path, const char *key_path, enum certificate_use use,
                          struct certificate_pair *pair, char *error, size_t error_size);

/* Whether both hold the same bytes. */
bool certificate_pair_equal(const struct certificate_pair *a, const struct certificate_pair *b);

/* Copies the pair into GnuTLS's credentials. 0 or -ENOMEM. */
int certificate_pair_give(const struct certificate_pair *pair, gnutls_certificate_credentials_t credentials);

/* Overwrites the key. Also for a zeroed one, and more than once. */
void certificate_pair_deinit(struct certificate_pair *pair);

#endif
