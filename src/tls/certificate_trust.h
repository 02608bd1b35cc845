/* Which certificates are trusted: those that a CA of a PEM file has signed, and that no list of revoked ones names.
 * Such lists are signed by a CA of that file. */
#ifndef TLS_CERTIFICATE_TRUST_H
#define TLS_CERTIFICATE_TRUST_H

#include "tls/certificate_claim.h"
#include "tls/certificate_file.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CERTIFICATE_PIN_LEN  32U
#define CERTIFICATE_PIN_TEXT "sha256:"

struct certificate_trust {
    struct certificate_file ca;
    struct certificate_file crl;
    bool pinned;
    uint8_t pin[CERTIFICATE_PIN_LEN]; /* of the CA's public key, if there is one */
    gnutls_x509_trust_list_t list;    /* NULL: a pin alone */
    struct certificate_lists lists;
    int64_t crl_due_s; /* when the first list of revoked ones should have a successor; INT64_MAX */
};

/* Reads `sha256:` and 64 hexadecimal digits. */
bool certificate_trust_parse_pin(const char *text, uint8_t pin[CERTIFICATE_PIN_LEN]);

/* Reads the files after loading GnuTLS. ca_path may be empty if there is a pin, and crl_path and pin may be empty.
 * Returns 0, or a negative errno with the reason in error; then *trust is untouched. */
int certificate_trust_read(const char *ca_path, const char *crl_path, const char *pin, struct certificate_trust *trust,
                           char *error, size_t error_size);

bool certificate_trust_equal(const struct certificate_trust *a, const struct certificate_trust *b);

/* Judges the chain that a peer has shown, its own certificate first, and notes what is kept of it in an empty claim.
 * host: the name that a server's certificate must have; NULL for a client's. */
void certificate_trust_judge(const struct certificate_trust *trust, const gnutls_datum_t *chain, unsigned count,
                             const char *host, int64_t now_s, struct certificate_claim *claim);

/* Also for a zeroed one, and more than once. */
void certificate_trust_deinit(struct certificate_trust *trust);

#endif
