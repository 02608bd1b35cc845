#include "tls/key_derive.h"

#include "tls/tls_library.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SALT      "headroom psk v1"
#define KEY_INFO  "agent to collector, sha256" /* its terminating 0 separates it from the identity */
#define EPOCH_LEN (KEY_EPOCH_LEN / 2)

static gnutls_datum_t datum(const void *data, size_t len)
{
    return (gnutls_datum_t){(unsigned char *)data, (unsigned)len};
}

static int derive(const uint8_t secret[KEY_LEN], const void *info, size_t info_len, uint8_t *out, size_t len)
{
    uint8_t prk[32];
    const gnutls_datum_t ikm = datum(secret, KEY_LEN), salt = datum(SALT, sizeof SALT - 1);
    const gnutls_datum_t prk_datum = datum(prk, sizeof prk), info_datum = datum(info, info_len);

    int rc = tls_library.gnutls_hkdf_extract(GNUTLS_MAC_SHA256, &ikm, &salt, prk);
    if (rc == 0)
        rc = tls_library.gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &prk_datum, &info_datum, out, len);
    explicit_bzero(prk, sizeof prk);
    return rc == 0 ? 0 : -EIO;
}

int key_derive_epoch(const uint8_t secret[KEY_LEN], char epoch[KEY_EPOCH_LEN + 1])
{
    uint8_t bytes[EPOCH_LEN];
    int rc = derive(secret, "epoch", strlen("epoch"), bytes, sizeof bytes);

    for (unsigned i = 0; rc == 0 && i < EPOCH_LEN; i++)
        (void)snprintf(epoch + 2 * (size_t)i, 3, "%02x", bytes[i]);
    return rc;
}

int key_derive(const uint8_t secret[KEY_LEN], const struct key_identity *identity, uint8_t key[KEY_LEN])
{
    char info[sizeof KEY_INFO + KEY_IDENTITY_MAX + 1] = KEY_INFO;
    char *text = info + sizeof KEY_INFO;

    key_identity_format(identity, text);
    return derive(secret, info, sizeof KEY_INFO + strlen(text), key, KEY_LEN);
}

int key_derive_own(const struct key_text *text, struct key_identity *identity, uint8_t key[KEY_LEN])
{
    if (!text->fleet) {
        *identity = text->identity;
        memcpy(key, text->bytes, KEY_LEN);
        return 0;
    }
    struct key_identity fleet = {.group = KEY_ANY, .node = KEY_ANY};
    int rc = key_derive_epoch(text->bytes, fleet.epoch);
    if (rc == 0)
        rc = key_derive(text->bytes, &fleet, key);
    if (rc == 0)
        *identity = fleet;
    return rc;
}
