/* Reads from certificates what is kept of them, by GnuTLS, which is loaded. */
#ifndef TLS_CERTIFICATE_FACTS_H
#define TLS_CERTIFICATE_FACTS_H

#include "tls/certificate_claim.h"
#include "tls/certificate_names.h"

#include <gnutls/x509.h>
#include <stddef.h>

#define CERTIFICATE_WHO_MAX 200U

/* The id of a certificate as a CA, and that of an issuer and a serial number. */
struct certificate_id certificate_facts_ca_id(gnutls_x509_crt_t crt);
struct certificate_id certificate_facts_id(const gnutls_datum_t *issuer_dn, const unsigned char *serial, size_t len);
struct certificate_id certificate_facts_own_id(gnutls_x509_crt_t crt);

/* The digest of the public key. Returns 0 or -EIO. */
int certificate_facts_pin(gnutls_x509_crt_t crt, uint8_t pin[32]);

/* The names of the SAN, and the OUs. */
void certificate_facts_names(gnutls_x509_crt_t crt, struct certificate_names *names);

/* Short names of a certificate's holder and of its issuer: the CN, or else the whole name. Printable, cut at size. */
void certificate_facts_holder(gnutls_x509_crt_t crt, char *text, size_t size);
void certificate_facts_issuer(gnutls_x509_crt_t crt, char *text, size_t size);

/* Replaces what is not ASCII, or would begin a new line of the log. */
void certificate_facts_make_printable(char *text);

/* As in "CN n7, serial 4f". */
void certificate_facts_who(gnutls_x509_crt_t crt, char who[CERTIFICATE_WHO_MAX]);

#endif
