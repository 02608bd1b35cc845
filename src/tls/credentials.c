#include "tls/credentials.h"

#include "tls/key_derive.h"
#include "tls/tls_library.h"

#include <errno.h>
#include <string.h>

/* The key is always combined with a Diffie-Hellman exchange, so that a stolen key does not open recorded traffic. All
 * ciphers use SHA-256, the hash for which the keys are made. GnuTLS demands a signature algorithm, which nobody uses.
 */
#define PRIORITY                                                                                                       \
    "NONE:+VERS-TLS1.3:+ECDHE-PSK:+GROUP-X25519:+GROUP-SECP256R1:+AES-128-GCM:+CHACHA20-POLY1305:+AEAD:"               \
    "+SIGN-ECDSA-SECP256R1-SHA256:%DISABLE_TLS13_COMPAT_MODE"

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
    uint8_t derived[KEY_LEN];

    claim->verdict = KEY_MALFORMED;
    if (claim->ring->count == 0 || !key_identity_parse(name, strlen(name), &claim->identity))
        return 1;
    claim->verdict = key_ring_judge(claim->ring, &claim->identity);
    const uint8_t *secret = key_ring_secret(claim->ring, &claim->identity);
    int rc = key_derive(secret != NULL ? secret : claim->ring->secrets[0].bytes, &claim->identity, derived);
    if (rc == 0 && claim->verdict == KEY_ACCEPTED)
        rc = give(key, derived);
    else if (rc == 0)
        rc = 1;
    explicit_bzero(derived, sizeof derived);
    return rc;
}

/* ---- both ---- */

static int init_priority(struct credentials *credentials)
{
    return tls_library.gnutls_priority_init(&credentials->priority, PRIORITY, NULL) == GNUTLS_E_SUCCESS ? 0 : -EIO;
}

int credentials_init_server(struct credentials *credentials)
{
    *credentials = (struct credentials){.server = true};
    int rc = init_priority(credentials);
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
    int rc = init_priority(credentials);
    if (rc == 0 && tls_library.gnutls_psk_allocate_client_credentials(&credentials->client_psk) < 0)
        rc = -ENOMEM;
    if (rc == 0)
        rc = give_key(credentials, key);
    if (rc < 0)
        credentials_deinit(credentials);
    return rc;
}

int credentials_give(const struct credentials *credentials, gnutls_session_t session)
{
    void *psk = credentials->server ? (void *)credentials->server_psk : (void *)credentials->client_psk;
    int rc = tls_library.gnutls_priority_set(session, credentials->priority);

    return rc == GNUTLS_E_SUCCESS ? tls_library.gnutls_credentials_set(session, GNUTLS_CRD_PSK, psk) : rc;
}

void credentials_deinit(struct credentials *credentials)
{
    if (credentials->priority != NULL)
        tls_library.gnutls_priority_deinit(credentials->priority);
    if (credentials->server_psk != NULL)
        tls_library.gnutls_psk_free_server_credentials(credentials->server_psk);
    if (credentials->client_psk != NULL)
        tls_library.gnutls_psk_free_client_credentials(credentials->client_psk);
    *credentials = (struct credentials){0};
}
