#include "tls/peer_key.h"

#include "common/frame.h"
#include "tls/tls_library.h"

/* Takes a vector with a length of len_len bytes from the front. Without a whole one, *vector is empty. */
static bool take_vector(struct bytes *from, unsigned len_len, struct bytes *vector)
{
    size_t len = 0;

    *vector = (struct bytes){0};
    if (from->len < len_len)
        return false;
    for (unsigned i = 0; i < len_len; i++)
        len = len << 8 | from->data[i];
    if (from->len - len_len < len)
        return false;
    *vector = (struct bytes){from->data + len_len, len};
    from->data += len_len + len;
    from->len -= len_len + len;
    return true;
}

/* The message Certificate (RFC 8446, section 4.4.2) begins with its context, then a list whose first entry is the
 * peer's own certificate. false: it has none, or GnuTLS will refuse the message. */
static bool find_first(const gnutls_datum_t *message, gnutls_datum_t *der)
{
    struct bytes rest = {message->data, message->size};
    struct bytes context, list, certificate;

    if (!take_vector(&rest, 1, &context) || !take_vector(&rest, 3, &list) || !take_vector(&list, 3, &certificate))
        return false;
    *der = (gnutls_datum_t){(unsigned char *)certificate.data, (unsigned)certificate.len};
    return certificate.len > 0;
}

static bool is_rsa_key_short(gnutls_x509_crt_t certificate, unsigned bits)
{
    gnutls_datum_t modulus = {0}, exponent = {0};

    if (bits > PEER_KEY_RSA_BITS_MAX ||
        tls_library.gnutls_x509_crt_get_pk_rsa_raw(certificate, &modulus, &exponent) < 0)
        return false;
    bool is_short = exponent.size <= PEER_KEY_EXPONENT_LEN_MAX;
    (*tls_library.gnutls_free)(modulus.data);
    (*tls_library.gnutls_free)(exponent.data);
    return is_short;
}

static bool is_key_cheap(gnutls_x509_crt_t certificate)
{
    unsigned bits = 0;
    int algorithm = tls_library.gnutls_x509_crt_get_pk_algorithm(certificate, &bits);

    switch (algorithm) {
    case GNUTLS_PK_RSA:
        return is_rsa_key_short(certificate, bits);
    case GNUTLS_PK_ECDSA:
    case GNUTLS_PK_EDDSA_ED25519:
        return true;
    default:
        return false;
    }
}

bool peer_key_is_cheap(const gnutls_datum_t *der)
{
    gnutls_x509_crt_t certificate = NULL;

    if (tls_library.gnutls_x509_crt_init(&certificate) < 0)
        return false;
    bool is_cheap = tls_library.gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) == GNUTLS_E_SUCCESS &&
                    is_key_cheap(certificate);
    tls_library.gnutls_x509_crt_deinit(certificate);
    return is_cheap;
}

bool peer_key_accepts(const gnutls_datum_t *message)
{
    gnutls_datum_t der;

    return !find_first(message, &der) || peer_key_is_cheap(&der);
}

static int peer_key_on_certificate(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                                   const gnutls_datum_t *message)
{
    (void)session;
    (void)type;
    (void)when;
    return incoming == 0 || peer_key_accepts(message) ? GNUTLS_E_SUCCESS : GNUTLS_E_CERTIFICATE_ERROR;
}

void peer_key_guard(gnutls_session_t session)
{
    tls_library.gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_CERTIFICATE_PKT, GNUTLS_HOOK_PRE,
                                                   peer_key_on_certificate);
}
