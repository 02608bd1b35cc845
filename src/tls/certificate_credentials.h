/* A program's own certificate in the form in which GnuTLS uses it. The handshakes that are under way keep it while it
 * is replaced, so it counts who uses it. */
#ifndef TLS_CERTIFICATE_CREDENTIALS_H
#define TLS_CERTIFICATE_CREDENTIALS_H

#include "tls/certificate_pair.h"

struct certificate_credentials {
    gnutls_certificate_credentials_t gnutls;
    unsigned users;
};

/* With one user. pair->chain.text may be NULL: then no certificate is shown. NULL: no memory. */
struct certificate_credentials *certificate_credentials_new(const struct certificate_pair *pair);

struct certificate_credentials *certificate_credentials_use(struct certificate_credentials *credentials);

/* Ends one use; also of NULL. */
void certificate_credentials_release(struct certificate_credentials *credentials);

#endif
