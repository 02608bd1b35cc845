#include "support/certificates.h"

#include <check.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400

#define must(call) ck_assert_msg((call) >= 0, "%s", #call)

static gnutls_x509_privkey_t make_key(const struct test_wish *wish)
{
    gnutls_pk_algorithm_t algorithm = wish->algorithm != GNUTLS_PK_UNKNOWN ? wish->algorithm : GNUTLS_PK_ECDSA;
    unsigned bits = algorithm == GNUTLS_PK_RSA ? wish->bits : GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
    gnutls_x509_privkey_t key;

    if (algorithm == GNUTLS_PK_EDDSA_ED25519)
        bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519);
    must(gnutls_x509_privkey_init(&key));
    must(gnutls_x509_privkey_generate(key, algorithm, bits, 0));
    return key;
}

/* A SAN with one DNS name of any bytes, which GnuTLS would not write. */
static void set_raw_dns(gnutls_x509_crt_t crt, const char *name, size_t len)
{
    unsigned char san[128] = {0x30, (unsigned char)(len + 2), 0x82, (unsigned char)len};

    ck_assert_uint_le(len + 4, sizeof san);
    memcpy(san + 4, name, len);
    must(gnutls_x509_crt_set_extension_by_oid(crt, "2.5.29.17", san, len + 4, 0));
}

static void set_names(gnutls_x509_crt_t crt, const struct test_wish *wish)
{
    if (wish->name != NULL)
        must(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, wish->name,
                                           (unsigned)strlen(wish->name)));
    if (wish->unit != NULL)
        must(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_ORGANIZATIONAL_UNIT_NAME, 0, wish->unit,
                                           (unsigned)strlen(wish->unit)));
    if (wish->raw_dns_len > 0)
        set_raw_dns(crt, wish->dns[0], wish->raw_dns_len);
    for (unsigned i = 0; wish->raw_dns_len == 0 && i < 4 && wish->dns[i] != NULL; i++) {
        size_t len = wish->dns_len[i] > 0 ? wish->dns_len[i] : strlen(wish->dns[i]);
        must(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, wish->dns[i], (unsigned)len,
                                                  GNUTLS_FSAN_APPEND));
    }
    for (unsigned i = 0; i < 2 && wish->uris[i] != NULL; i++)
        must(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_URI, wish->uris[i], (unsigned)strlen(wish->uris[i]),
                                                  GNUTLS_FSAN_APPEND));
}

static void set_use(gnutls_x509_crt_t crt, const struct test_wish *wish)
{
    must(gnutls_x509_crt_set_basic_constraints(crt, wish->ca, -1));
    must(gnutls_x509_crt_set_key_usage(crt, wish->ca ? GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN
                                                     : GNUTLS_KEY_DIGITAL_SIGNATURE));
    if (wish->purpose != NULL)
        must(gnutls_x509_crt_set_key_purpose_oid(crt, wish->purpose, 0));
}

struct test_certificate certificates_make(const struct test_wish *wish, const struct test_certificate *issuer)
{
    struct test_certificate made = {.key = make_key(wish)};
    time_t from = time(NULL) + (time_t)wish->from_days * DAY_S - 60;
    unsigned serial = wish->serial > 0 ? wish->serial : 1;
    const unsigned char number[] = {(unsigned char)(serial >> 8 & 0x7f), (unsigned char)serial};

    must(gnutls_x509_crt_init(&made.crt));
    must(gnutls_x509_crt_set_version(made.crt, 3));
    must(gnutls_x509_crt_set_serial(made.crt, number, sizeof number));
    must(gnutls_x509_crt_set_activation_time(made.crt, from));
    must(gnutls_x509_crt_set_expiration_time(made.crt, from + (time_t)(wish->days > 0 ? wish->days : 30) * DAY_S));
    must(gnutls_x509_crt_set_key(made.crt, made.key));
    set_names(made.crt, wish);
    set_use(made.crt, wish);
    if (issuer == NULL)
        issuer = &made;
    gnutls_digest_algorithm_t digest = gnutls_x509_privkey_get_pk_algorithm(issuer->key) == GNUTLS_PK_EDDSA_ED25519
                                           ? GNUTLS_DIG_UNKNOWN
                                           : GNUTLS_DIG_SHA256;
    must(gnutls_x509_crt_sign2(made.crt, issuer->crt, issuer->key, digest, 0));
    return made;
}

void certificates_free(struct test_certificate *certificate)
{
    if (certificate->crt != NULL)
        gnutls_x509_crt_deinit(certificate->crt);
    if (certificate->key != NULL)
        gnutls_x509_privkey_deinit(certificate->key);
    *certificate = (struct test_certificate){0};
}

static void append(const struct temp_dir *dir, const char *file, gnutls_datum_t *pem)
{
    temp_dir_append(dir, file, pem->data, pem->size);
    gnutls_free(pem->data);
}

void certificates_write(const struct temp_dir *dir, const char *file, const struct test_certificate *certificate)
{
    gnutls_datum_t pem;

    must(gnutls_x509_crt_export2(certificate->crt, GNUTLS_X509_FMT_PEM, &pem));
    append(dir, file, &pem);
}

void certificates_write_key(const struct temp_dir *dir, const char *file, const struct test_certificate *certificate)
{
    gnutls_datum_t pem;

    must(gnutls_x509_privkey_export2_pkcs8(certificate->key, GNUTLS_X509_FMT_PEM, NULL, 0, &pem));
    append(dir, file, &pem);
}

void certificates_write_crl(const struct temp_dir *dir, const char *file, const struct test_certificate *issuer,
                            const struct test_certificate *revoked, int days)
{
    time_t now = time(NULL);
    gnutls_datum_t pem;
    gnutls_x509_crl_t crl;

    must(gnutls_x509_crl_init(&crl));
    must(gnutls_x509_crl_set_version(crl, 2));
    must(gnutls_x509_crl_set_number(crl, "\1", 1));
    must(gnutls_x509_crl_set_this_update(crl, now - 60));
    must(gnutls_x509_crl_set_next_update(crl, now + (time_t)days * DAY_S));
    if (revoked != NULL)
        must(gnutls_x509_crl_set_crt(crl, revoked->crt, now - 60));
    must(gnutls_x509_crl_sign2(crl, issuer->crt, issuer->key, GNUTLS_DIG_SHA256, 0));
    must(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &pem));
    append(dir, file, &pem);
    gnutls_x509_crl_deinit(crl);
}
