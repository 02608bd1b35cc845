#include "tls/credentials.h"

#include "tls/key_derive.h"
#include "tls/tls_library.h"

#include <errno.h>
#include <string.h>

/* The key is always combined with a Diffie-Hellman exchange, so that a stolen key does not open recorded traffic. All
 * ciphers use SHA-256, the hash for which the keys are made. GnuTLS demands signature algorithms, which nobody uses
 * with a key. */
#define EXCHANGE "+GROUP-X25519:+GROUP-SECP256R1:+AES-128-GCM:+CHACHA20-POLY1305:+AEAD:%DISABLE_TLS13_COMPAT_MODE"

#define PRIORITY_KEY         "NONE:+VERS-TLS1.3:+ECDHE-PSK:+SIGN-ECDSA-SECP256R1-SHA256:" EXCHANGE
#define PRIORITY_CERTIFICATE "NONE:+VERS-TLS1.3:+ECDHE-ECDSA:+ECDHE-RSA:+CTYPE-X509:+SIGN-ALL:" EXCHANGE
#define PRIORITY_SERVER      "NONE:+VERS-TLS1.3:+ECDHE-PSK:+ECDHE-ECDSA:+ECDHE-RSA:+CTYPE-X509:+SIGN-ALL:" EXCHANGE

/* ---- the server's side ---- */

/* GnuTLS frees the copy. */
static int give(gnutls_datum_t *key, const uint8_t derived[KEY_LEN])
{
    key->data = (*tls_library.gnutls_malloc)(KEY_LEN);
    key->size = KEY_LEN;
    if (key->data == NULL)
        return -1;
    memcpy(key->data, derived, KEY_LEN);
    return 0;
}

/* Finds the key of the client's identity. 1: there is none, and GnuTLS continues with a random one: the client learns
 * nothing that a wrong key would not teach it. A negative value would send another alert. A key is derived in any case,
 * so that the time shows no more. */
static int credentials_on_identity(gnutls_session_t session, const char *name, gnutls_datum_t *key)
{
    struct key_claim *claim = tls_library.gnutls_session_get_ptr(session);
    static const uint8_t no_secret[KEY_LEN];
    uint8_t derived[KEY_LEN];

    claim->verdict = KEY_MALFORMED;
    if (!key_identity_parse(name, strlen(name), &claim->identity))
        return 1;
    claim->verdict = key_ring_judge(claim->ring, &claim->identity);
    const uint8_t *secret = key_ring_secret(claim->ring, &claim->identity);
    int rc = key_derive(secret != NULL ? secret : no_secret, &claim->identity, derived);
    if (rc == 0 && claim->verdict == KEY_ACCEPTED)
        rc = give(key, derived);
    else if (rc == 0)
        rc = 1;
    explicit_bzero(derived, sizeof derived);
    return rc;
}

/* ---- both ---- */

static int init_priority(struct credentials *credentials, const char *text)
{
    return tls_library.gnutls_priority_init(&credentials->priority, text, NULL) == GNUTLS_E_SUCCESS ? 0 : -EIO;
}

int credentials_init_server(struct credentials *credentials)
{
    *credentials = (struct credentials){.server = true};
    int rc = init_priority(credentials, PRIORITY_SERVER);
    if (rc == 0 && tls_library.gnutls_psk_allocate_server_credentials(&credentials->server_psk) < 0)
        rc = -ENOMEM;
    if (rc == 0)
        tls_library.gnutls_psk_set_server_credentials_function(credentials->server_psk, credentials_on_identity);
    else
        credentials_deinit(credentials);
    return rc;
}

static int give_key(struct credentials *credentials, const struct key_text *text)
{
    struct key_identity identity;
    uint8_t key[KEY_LEN];
    char name[KEY_IDENTITY_MAX + 1];
    gnutls_datum_t datum = {key, KEY_LEN};

    int rc = key_derive_own(text, &identity, key);
    if (rc < 0)
        return rc;
    key_identity_format(&identity, name);
    rc = tls_library.gnutls_psk_set_client_credentials(credentials->client_psk, name, &datum, GNUTLS_PSK_KEY_RAW);
    explicit_bzero(key, sizeof key);
    return rc == GNUTLS_E_SUCCESS ? 0 : -ENOMEM;
}

int credentials_init_client(struct credentials *credentials, const struct key_text *key)
{
    *credentials = (struct credentials){.server = false};
    int rc = init_priority(credentials, PRIORITY_KEY);
    if (rc == 0 && tls_library.gnutls_psk_allocate_client_credentials(&credentials->client_psk) < 0)
        rc = -ENOMEM;
    if (rc == 0)
        rc = give_key(credentials, key);
    if (rc < 0)
        credentials_deinit(credentials);
    return rc;
}

/* ---- certificates ---- */

int credentials_set_certificates(struct credentials *credentials, const struct certificate_set *set)
{
    struct certificate_credentials *fresh = NULL;
    bool any = set->pair.chain.text != NULL || !credentials->server;

    if (any && (fresh = certificate_credentials_new(&set->pair)) == NULL)
        return -ENOMEM;
    certificate_credentials_release(credentials->certificate);
    credentials->certificate = fresh;
    credentials->version++;
    credentials->trust = &set->trust;
    return 0;
}

int credentials_init_certificates(struct credentials *credentials, const struct certificate_set *set)
{
    *credentials = (struct credentials){.server = false};
    int rc = init_priority(credentials, PRIORITY_CERTIFICATE);
    if (rc == 0)
        rc = credentials_set_certificates(credentials, set);
    if (rc < 0)
        credentials_deinit(credentials);
    return rc;
}

void credentials_set_tickets(struct credentials *credentials, const uint8_t key[TICKET_KEY_LEN])
{
    memcpy(credentials->ticket_key, key, TICKET_KEY_LEN);
    credentials->tickets = true;
}

/* ---- sessions ---- */

static int give_psk(const struct credentials *credentials, gnutls_session_t session)
{
    void *psk = credentials->server ? (void *)credentials->server_psk : (void *)credentials->client_psk;

    return psk != NULL ? tls_library.gnutls_credentials_set(session, GNUTLS_CRD_PSK, psk) : GNUTLS_E_SUCCESS;
}

/* A server asks for a certificate, and accepts that there is none: the channel's owner then explains what is missing,
 * which an alert can't. */
static int give_certificate(const struct credentials *credentials, gnutls_session_t session)
{
    if (credentials->certificate == NULL)
        return GNUTLS_E_SUCCESS;
    if (credentials->server)
        tls_library.gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
    return tls_library.gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials->certificate->gnutls);
}

int credentials_give(const struct credentials *credentials, gnutls_session_t session)
{
    int rc = tls_library.gnutls_priority_set(session, credentials->priority);

    if (rc == GNUTLS_E_SUCCESS)
        rc = give_psk(credentials, session);
    return rc == GNUTLS_E_SUCCESS ? give_certificate(credentials, session) : rc;
}

void credentials_deinit(struct credentials *credentials)
{
    if (credentials->priority != NULL)
        tls_library.gnutls_priority_deinit(credentials->priority);
    if (credentials->server_psk != NULL)
        tls_library.gnutls_psk_free_server_credentials(credentials->server_psk);
    if (credentials->client_psk != NULL)
        tls_library.gnutls_psk_free_client_credentials(credentials->client_psk);
    certificate_credentials_release(credentials->certificate);
    explicit_bzero(credentials->ticket_key, sizeof credentials->ticket_key);
    *credentials = (struct credentials){0};
}
