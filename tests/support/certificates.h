/* Certificates that a test makes: a CA, and what it signs. Everything asserts that it worked. */
#ifndef SUPPORT_CERTIFICATES_H
#define SUPPORT_CERTIFICATES_H

#include "support/temp_dir.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <stddef.h>

struct test_certificate {
    gnutls_x509_crt_t crt;
    gnutls_x509_privkey_t key;
};

/* What a certificate says; zero values leave it out. */
struct test_wish {
    const char *name; /* CN */
    const char *unit; /* OU */
    bool ca;
    const char *dns[4];
    size_t dns_len[4];  /* 0: up to the end of the text */
    size_t raw_dns_len; /* the SAN has that many bytes of dns[0] alone */
    const char *uris[2];
    const char *purpose;             /* GNUTLS_KP_...; NULL: any */
    int from_days;                   /* relative to now */
    int days;                        /* 0: 30 */
    gnutls_pk_algorithm_t algorithm; /* GNUTLS_PK_UNKNOWN: ECDSA P-256 */
    unsigned bits;                   /* of an RSA key */
    unsigned serial;                 /* 0: 1 */
};

/* issuer NULL: it signs itself. */
struct test_certificate certificates_make(const struct test_wish *wish, const struct test_certificate *issuer);
void certificates_free(struct test_certificate *certificate);

/* Appends to a file in PEM. */
void certificates_write(const struct temp_dir *dir, const char *file, const struct test_certificate *certificate);
void certificates_write_key(const struct temp_dir *dir, const char *file, const struct test_certificate *certificate);

/* A list with the serial number of one certificate, or of none, that is due again after that many days. */
void certificates_write_crl(const struct temp_dir *dir, const char *file, const struct test_certificate *issuer,
                            const struct test_certificate *revoked, int days);

#endif
