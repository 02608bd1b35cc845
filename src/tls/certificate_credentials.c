#include "tls/certificate_credentials.h"

#include "tls/tls_library.h"

#include <stdlib.h>

struct certificate_credentials *certificate_credentials_new(const struct certificate_pair *pair)
{
    struct certificate_credentials *credentials = calloc(1, sizeof *credentials);

    if (credentials == NULL)
        return NULL;
    credentials->users = 1;
    int rc = tls_library.gnutls_certificate_allocate_credentials(&credentials->gnutls);
    if (rc == GNUTLS_E_SUCCESS && pair->chain.text != NULL)
        rc = certificate_pair_give(pair, credentials->gnutls);
    if (rc == 0)
        return credentials;
    certificate_credentials_release(credentials);
    return NULL;
}

struct certificate_credentials *certificate_credentials_use(struct certificate_credentials *credentials)
{
    credentials->users++;
    return credentials;
}

void certificate_credentials_release(struct certificate_credentials *credentials)
{
    if (credentials == NULL || --credentials->users > 0)
        return;
    if (credentials->gnutls != NULL)
        tls_library.gnutls_certificate_free_credentials(credentials->gnutls);
    free(credentials);
}
