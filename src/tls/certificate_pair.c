#include "tls/certificate_pair.h"

#include "common/error_text.h"
#include "common/limits.h"
#include "tls/tls_library.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>

#define KEY_ID_SIZE 20U /* SHA-1 of the public key: two that belong together, not a proof */

/* What is read, until it is known to be good. */
struct reading {
    const char *cert_path;
    const char *key_path;
    struct certificate_pair pair;
    gnutls_x509_crt_t chain[CERTIFICATE_CHAIN_MAX];
    unsigned count;
    gnutls_x509_privkey_t key;
    char *error;
    size_t error_size;
};

static gnutls_datum_t datum_of(const struct certificate_file *file)
{
    return (gnutls_datum_t){file->text, (unsigned)file->len};
}

static int fail_gnutls(struct reading *reading, const char *path, const char *what, int rc)
{
    return error_text_set(reading->error, reading->error_size, rc == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : -EINVAL,
                          "%s holds no %s that can be used: %s", path, what, tls_library.gnutls_strerror(rc));
}

/* ---- the certificates ---- */

static int import_chain(struct reading *reading)
{
    const gnutls_datum_t text = datum_of(&reading->pair.chain);
    unsigned count = CERTIFICATE_CHAIN_MAX;
    int rc = tls_library.gnutls_x509_crt_list_import(reading->chain, &count, &text, GNUTLS_X509_FMT_PEM,
                                                     GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED |
                                                         GNUTLS_X509_CRT_LIST_FAIL_IF_UNSORTED);

    if (rc == GNUTLS_E_SHORT_MEMORY_BUFFER)
        return error_text_set(reading->error, reading->error_size, -E2BIG,
                              "%s holds more than %u certificates; the CA's own belong into ca-file",
                              reading->cert_path, CERTIFICATE_CHAIN_MAX);
    if (rc == GNUTLS_E_CERTIFICATE_LIST_UNSORTED)
        return error_text_set(reading->error, reading->error_size, -EINVAL,
                              "%s: each certificate must be signed by the next one, and the own one be the first",
                              reading->cert_path);
    if (rc <= 0)
        return fail_gnutls(reading, reading->cert_path, "certificate", rc);
    reading->count = (unsigned)rc;
    return 0;
}

static int check_len(struct reading *reading)
{
    size_t total = 0;

    for (unsigned i = 0; i < reading->count; i++) {
        size_t len = 0;
        (void)tls_library.gnutls_x509_crt_export(reading->chain[i], GNUTLS_X509_FMT_DER, NULL, &len);
        total += len;
    }
    if (total <= CERTIFICATE_CHAIN_LEN_MAX)
        return 0;
    return error_text_set(reading->error, reading->error_size, -E2BIG,
                          "the certificates in %s have %zu bytes; at most %u are possible", reading->cert_path, total,
                          CERTIFICATE_CHAIN_LEN_MAX);
}

static void read_validity(struct reading *reading)
{
    struct certificate_pair *pair = &reading->pair;

    pair->not_before_s = INT64_MIN;
    pair->not_after_s = INT64_MAX;
    for (unsigned i = 0; i < reading->count; i++) {
        int64_t begin_s = tls_library.gnutls_x509_crt_get_activation_time(reading->chain[i]);
        int64_t end_s = tls_library.gnutls_x509_crt_get_expiration_time(reading->chain[i]);
        if (begin_s > pair->not_before_s)
            pair->not_before_s = begin_s;
        if (end_s < pair->not_after_s)
            pair->not_after_s = end_s;
    }
}

/* A subject that is longer is cut. */
static void read_subject(struct reading *reading)
{
    gnutls_datum_t subject = {0};

    if (tls_library.gnutls_x509_crt_get_dn3(reading->chain[0], &subject, 0) < 0)
        return;
    (void)snprintf(reading->pair.subject, sizeof reading->pair.subject, "%.*s", (int)subject.size,
                   (const char *)subject.data);
    (*tls_library.gnutls_free)(subject.data);
}

static int check_use(struct reading *reading, enum certificate_use use)
{
    bool server = use == CERTIFICATE_OF_SERVER;
    const char *purpose = server ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT;

    if (tls_library.gnutls_x509_crt_check_key_purpose(reading->chain[0], purpose, 0) != 0)
        return 0;
    return error_text_set(reading->error, reading->error_size, -EINVAL,
                          "the certificate in %s is not for %s: its extended key usage lacks %s", reading->cert_path,
                          server ? "servers" : "clients", server ? "serverAuth" : "clientAuth");
}

/* ---- the key ---- */

static int import_key(struct reading *reading)
{
    const gnutls_datum_t text = datum_of(&reading->pair.key);
    int rc = tls_library.gnutls_x509_privkey_init(&reading->key);

    if (rc == GNUTLS_E_SUCCESS)
        rc = tls_library.gnutls_x509_privkey_import2(reading->key, &text, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (rc == GNUTLS_E_DECRYPTION_FAILED)
        return error_text_set(reading->error, reading->error_size, -EINVAL,
                              "%s is encrypted with a passphrase; it must be readable without one", reading->key_path);
    return rc < 0 ? fail_gnutls(reading, reading->key_path, "key", rc) : 0;
}

/* A server signs each handshake; a signature by a long RSA key would hold its loop. */
static int check_strength(struct reading *reading, enum certificate_use use)
{
    unsigned bits = 0;
    int algorithm = tls_library.gnutls_x509_privkey_get_pk_algorithm2(reading->key, &bits);
    bool rsa = algorithm == GNUTLS_PK_RSA || algorithm == GNUTLS_PK_RSA_PSS;

    if (rsa && bits > CERTIFICATE_RSA_BITS_MAX && use == CERTIFICATE_OF_SERVER)
        return error_text_set(reading->error, reading->error_size, -EINVAL,
                              "%s: an RSA key of %u bits would hold the loop for 10 ms a handshake; use ECDSA P-256 or "
                              "Ed25519",
                              reading->key_path, bits);
    if (rsa && bits < CERTIFICATE_RSA_BITS_MIN)
        return error_text_set(reading->error, reading->error_size, -EINVAL,
                              "%s: an RSA key of %u bits is too weak; use ECDSA P-256 or Ed25519", reading->key_path,
                              bits);
    return 0;
}

static int check_fit(struct reading *reading)
{
    unsigned char of_cert[KEY_ID_SIZE], of_key[KEY_ID_SIZE];
    size_t cert_len = sizeof of_cert, key_len = sizeof of_key;
    int rc = tls_library.gnutls_x509_crt_get_key_id(reading->chain[0], 0, of_cert, &cert_len);

    if (rc == GNUTLS_E_SUCCESS)
        rc = tls_library.gnutls_x509_privkey_get_key_id(reading->key, 0, of_key, &key_len);
    if (rc < 0)
        return fail_gnutls(reading, reading->key_path, "key", rc);
    if (cert_len == key_len && memcmp(of_cert, of_key, cert_len) == 0)
        return 0;
    return error_text_set(reading->error, reading->error_size, -EINVAL, "%s is not the key of %s", reading->key_path,
                          reading->cert_path);
}

/* ---- both ---- */

static int read_files(struct reading *reading)
{
    int rc = tls_library_load(reading->error, reading->error_size);

    if (rc == 0)
        rc = certificate_file_read(reading->cert_path, CERTIFICATE_FILE_LEN_MAX, &reading->pair.chain, reading->error,
                                   reading->error_size);
    if (rc == 0)
        rc = certificate_file_read(reading->key_path, CERTIFICATE_FILE_LEN_MAX, &reading->pair.key, reading->error,
                                   reading->error_size);
    return rc;
}

static int import(struct reading *reading)
{
    int rc = import_chain(reading);

    return rc == 0 ? import_key(reading) : rc;
}

static int check(struct reading *reading, enum certificate_use use)
{
    int rc = check_len(reading);

    if (rc == 0)
        rc = check_fit(reading);
    if (rc == 0)
        rc = check_strength(reading, use);
    return rc == 0 ? check_use(reading, use) : rc;
}

static void forget_imported(struct reading *reading)
{
    for (unsigned i = 0; i < reading->count; i++)
        tls_library.gnutls_x509_crt_deinit(reading->chain[i]);
    if (reading->key != NULL)
        tls_library.gnutls_x509_privkey_deinit(reading->key);
}

int certificate_pair_read(const char *cert_path, const char *key_path, enum certificate_use use,
                          struct certificate_pair *pair, char *error, size_t error_size)
{
    struct reading reading = {.cert_path = cert_path, .key_path = key_path, .error = error, .error_size = error_size};

    int rc = read_files(&reading);
    if (rc == 0)
        rc = import(&reading);
    if (rc == 0)
        rc = check(&reading, use);
    if (rc == 0) {
        read_validity(&reading);
        read_subject(&reading);
        *pair = reading.pair;
    } else {
        certificate_pair_deinit(&reading.pair);
    }
    forget_imported(&reading);
    return rc;
}

bool certificate_pair_equal(const struct certificate_pair *a, const struct certificate_pair *b)
{
    return certificate_file_equal(&a->chain, &b->chain) && certificate_file_equal(&a->key, &b->key);
}

int certificate_pair_give(const struct certificate_pair *pair, gnutls_certificate_credentials_t credentials)
{
    const gnutls_datum_t chain = datum_of(&pair->chain);
    const gnutls_datum_t key = datum_of(&pair->key);

    return tls_library.gnutls_certificate_set_x509_key_mem(credentials, &chain, &key, GNUTLS_X509_FMT_PEM) < 0 ? -ENOMEM
                                                                                                               : 0;
}

void certificate_pair_deinit(struct certificate_pair *pair)
{
    certificate_file_deinit(&pair->chain);
    certificate_file_deinit(&pair->key);
    *pair = (struct certificate_pair){0};
}
