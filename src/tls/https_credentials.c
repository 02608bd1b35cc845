#include "tls/https_credentials.h"

#include "common/error_text.h"
#include "common/limits.h"
#include "tls/peer_key.h"
#include "tls/tls_library.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define PRIORITY                                                                                                       \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:-CIPHER-ALL:+AES-128-GCM:"                \
    "+CHACHA20-POLY1305"

/* Of a client's certificates: anyone who connects may send some, and each signature that is verified takes time. */
#define CLIENT_BITS_MAX  4096U
#define CLIENT_DEPTH_MAX 4U

/* ---- the server's own ---- */

static int trust(struct https_credentials *own, const char *path, char *error, size_t error_size)
{
    const gnutls_datum_t text = {own->ca.text, (unsigned)own->ca.len};
    int count = tls_library.gnutls_certificate_set_x509_trust_mem(own->certificates, &text, GNUTLS_X509_FMT_PEM);

    if (count <= 0)
        return error_text_set(error, error_size, count == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : -EINVAL,
                              "%s holds no certificates that can be used: %s", path,
                              count < 0 ? tls_library.gnutls_strerror(count) : "there are none");
    tls_library.gnutls_certificate_set_verify_limits(own->certificates, CLIENT_BITS_MAX, CLIENT_DEPTH_MAX);
    return 0;
}

static int init(struct https_credentials *own, char *error, size_t error_size)
{
    if (tls_library.gnutls_priority_init(&own->priority, PRIORITY, NULL) < 0 ||
        tls_library.gnutls_certificate_allocate_credentials(&own->certificates) < 0 ||
        certificate_pair_give(&own->pair, own->certificates) < 0)
        return error_text_set(error, error_size, -ENOMEM, "GnuTLS can't use the certificate");
    return 0;
}

static int read_all(struct https_credentials *own, const struct https_paths *paths, char *error, size_t error_size)
{
    int rc = certificate_pair_read(paths->cert, paths->key, CERTIFICATE_OF_SERVER, &own->pair, error, error_size);

    if (rc == 0)
        rc = init(own, error, error_size);
    if (rc < 0 || paths->ca[0] == '\0')
        return rc;
    rc = certificate_file_read(paths->ca, CERTIFICATE_FILE_LEN_MAX, &own->ca, error, error_size);
    return rc == 0 ? trust(own, paths->ca, error, error_size) : rc;
}

int https_credentials_read(const struct https_paths *paths, struct https_credentials **read, char *error,
                           size_t error_size)
{
    struct https_credentials *own = calloc(1, sizeof *own);

    if (own == NULL)
        return error_text_set(error, error_size, -ENOMEM, "out of memory");
    own->users = 1;
    int rc = read_all(own, paths, error, error_size);
    if (rc == 0)
        *read = own;
    else
        https_credentials_release(own);
    return rc;
}

struct https_credentials *https_credentials_hold(struct https_credentials *credentials)
{
    if (credentials != NULL)
        credentials->users++;
    return credentials;
}

void https_credentials_release(struct https_credentials *credentials)
{
    if (credentials == NULL || --credentials->users > 0)
        return;
    if (credentials->priority != NULL)
        tls_library.gnutls_priority_deinit(credentials->priority);
    if (credentials->certificates != NULL)
        tls_library.gnutls_certificate_free_credentials(credentials->certificates);
    certificate_pair_deinit(&credentials->pair);
    certificate_file_deinit(&credentials->ca);
    free(credentials);
}

/* A client without a certificate, or with one that is not accepted, is judged after the handshake. The names of the CAs
 * are not sent: some clients would send no certificate at all, and could not be told what is wrong with theirs. */
int https_credentials_give(const struct https_credentials *credentials, gnutls_session_t session)
{
    int rc = tls_library.gnutls_priority_set(session, credentials->priority);

    if (rc != GNUTLS_E_SUCCESS)
        return rc;
    if (credentials->ca.text != NULL) {
        tls_library.gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
        tls_library.gnutls_certificate_send_x509_rdn_sequence(session, 1);
        peer_key_guard(session);
    }
    return tls_library.gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials->certificates);
}

bool https_credentials_equal(const struct https_credentials *a, const struct https_credentials *b)
{
    return certificate_pair_equal(&a->pair, &b->pair) && certificate_file_equal(&a->ca, &b->ca);
}

/* ---- a client's ---- */

/* Until when the first certificate is valid. */
static int64_t read_end(const gnutls_datum_t *der)
{
    gnutls_x509_crt_t certificate = NULL;
    int64_t end_s = 0;

    if (tls_library.gnutls_x509_crt_init(&certificate) < 0)
        return 0;
    if (tls_library.gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) == GNUTLS_E_SUCCESS)
        end_s = tls_library.gnutls_x509_crt_get_expiration_time(certificate);
    tls_library.gnutls_x509_crt_deinit(certificate);
    return end_s;
}

/* The first that applies. */
static const char *explain(unsigned status)
{
    static const struct {
        unsigned bit;
        const char *text;
    } reasons[] = {
        {GNUTLS_CERT_EXPIRED, "it has expired"},
        {GNUTLS_CERT_NOT_ACTIVATED, "it is not valid yet"},
        {GNUTLS_CERT_SIGNER_NOT_FOUND, "it is not signed by a CA of http-ca-file"},
        {GNUTLS_CERT_PURPOSE_MISMATCH, "it is not for clients: its extended key usage lacks clientAuth"},
        {GNUTLS_CERT_SIGNER_NOT_CA, "its signer is not a CA"},
        {GNUTLS_CERT_INSECURE_ALGORITHM, "its signature is of an insecure kind"},
    };

    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if ((status & reasons[i].bit) != 0)
            return reasons[i].text;
    return "it is not valid";
}

enum https_client https_credentials_judge(gnutls_session_t session, int64_t *not_after_s,
                                          char why[HTTPS_CLIENT_WHY_MAX])
{
    gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (void *)GNUTLS_KP_TLS_WWW_CLIENT};
    unsigned count = 0, status = 0;
    const gnutls_datum_t *chain = tls_library.gnutls_certificate_get_peers(session, &count);

    if (chain == NULL || count == 0)
        return HTTPS_CLIENT_NONE;
    int rc = tls_library.gnutls_certificate_verify_peers(session, &purpose, 1, &status);
    if (rc == GNUTLS_E_SUCCESS && status == 0) {
        *not_after_s = read_end(chain);
        return HTTPS_CLIENT_ACCEPTED;
    }
    (void)snprintf(why, HTTPS_CLIENT_WHY_MAX, "%s", rc < 0 ? tls_library.gnutls_strerror(rc) : explain(status));
    return HTTPS_CLIENT_REFUSED;
}
