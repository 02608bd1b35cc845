#include "tls/certificate_trust.h"

#include "common/error_text.h"
#include "common/limits.h"
#include "common/writer.h"
#include "tls/certificate_facts.h"
#include "tls/tls_library.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNSIGNED                                                                                                       \
    ((unsigned)(GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA | GNUTLS_CERT_SIGNATURE_FAILURE |             \
                GNUTLS_CERT_INSECURE_ALGORITHM | GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE))

/* The trust while its files are read. */
struct reading {
    const char *ca_path;
    const char *crl_path;
    struct certificate_trust trust;
    gnutls_x509_crt_t *cas; /* GnuTLS's array */
    unsigned ca_count;
    gnutls_x509_crl_t *crls;
    unsigned crl_count;
    char *error;
    size_t error_size;
};

static int fail(const struct reading *reading, int rc, const char *path, const char *what, int error)
{
    return error_text_set(reading->error, reading->error_size, rc, "%s %s: %s", path, what,
                          tls_library.gnutls_strerror(error));
}

static int fail_memory(const struct reading *reading)
{
    return error_text_set(reading->error, reading->error_size, -ENOMEM, "out of memory");
}

/* ---- the pin ---- */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool certificate_trust_parse_pin(const char *text, uint8_t pin[CERTIFICATE_PIN_LEN])
{
    const char *digits = text + sizeof CERTIFICATE_PIN_TEXT - 1;

    if (strncmp(text, CERTIFICATE_PIN_TEXT, sizeof CERTIFICATE_PIN_TEXT - 1) != 0 ||
        strlen(digits) != (size_t)2 * CERTIFICATE_PIN_LEN)
        return false;
    for (unsigned i = 0; i < CERTIFICATE_PIN_LEN; i++) {
        int high = digit_of(digits[(size_t)2 * i]), low = digit_of(digits[(size_t)2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        pin[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

/* ---- CAs ---- */

static int note_cas(struct reading *reading)
{
    struct certificate_trust *trust = &reading->trust;
    struct writer writer = {.text = trust->lists.ca_names, .size = sizeof trust->lists.ca_names};

    trust->lists.cas = calloc(reading->ca_count, sizeof *trust->lists.cas);
    if (trust->lists.cas == NULL)
        return fail_memory(reading);
    trust->lists.ca_count = reading->ca_count;
    for (unsigned i = 0; i < reading->ca_count; i++) {
        char name[80];
        trust->lists.cas[i] = certificate_facts_ca_id(reading->cas[i]);
        certificate_facts_holder(reading->cas[i], name, sizeof name);
        writer_print(&writer, "%s\"%s\"", i > 0 ? ", " : "", name);
    }
    return 0;
}

static int check_cas(const struct reading *reading)
{
    for (unsigned i = 0; i < reading->ca_count; i++) {
        char name[80];
        if (tls_library.gnutls_x509_crt_get_ca_status(reading->cas[i], NULL) > 0)
            continue;
        certificate_facts_holder(reading->cas[i], name, sizeof name);
        return error_text_set(reading->error, reading->error_size, -EINVAL,
                              "%s: the certificate of \"%s\" is not that of a CA", reading->ca_path, name);
    }
    return 0;
}

/* The one that is valid longest first: GnuTLS takes the first CA that has the issuer's name, and a CA that was renewed
 * with its key is in the file twice. */
static int compare_expiry(const void *a, const void *b)
{
    time_t of_a = tls_library.gnutls_x509_crt_get_expiration_time(*(const gnutls_x509_crt_t *)a);
    time_t of_b = tls_library.gnutls_x509_crt_get_expiration_time(*(const gnutls_x509_crt_t *)b);

    return (of_a < of_b) - (of_a > of_b);
}

/* The list takes certificates of its own, since it frees what it has. */
static int fill_list(struct reading *reading)
{
    struct certificate_trust *trust = &reading->trust;
    const gnutls_datum_t text = {trust->ca.text, (unsigned)trust->ca.len};
    gnutls_x509_crt_t *cas = NULL;
    unsigned count = 0;
    int rc = tls_library.gnutls_x509_trust_list_init(&trust->list, 0);

    if (rc == GNUTLS_E_SUCCESS)
        rc = tls_library.gnutls_x509_crt_list_import2(&cas, &count, &text, GNUTLS_X509_FMT_PEM, 0);
    if (rc < 0 || cas == NULL)
        return fail_memory(reading);
    qsort(cas, count, sizeof(gnutls_x509_crt_t), compare_expiry);
    rc = tls_library.gnutls_x509_trust_list_add_cas(trust->list, cas, count, 0);
    (*tls_library.gnutls_free)(cas);
    return rc < 0 ? fail_memory(reading) : 0;
}

static int read_cas(struct reading *reading)
{
    struct certificate_trust *trust = &reading->trust;

    if (reading->ca_path[0] == '\0')
        return 0;
    int rc = certificate_file_read(reading->ca_path, CERTIFICATE_FILE_LEN_MAX, &trust->ca, reading->error,
                                   reading->error_size);
    if (rc < 0)
        return rc;
    const gnutls_datum_t text = {trust->ca.text, (unsigned)trust->ca.len};
    int error =
        tls_library.gnutls_x509_crt_list_import2(&reading->cas, &reading->ca_count, &text, GNUTLS_X509_FMT_PEM, 0);
    if (error < 0 || reading->ca_count == 0)
        return fail(reading, -EINVAL, reading->ca_path, "holds no certificate that can be used", error);
    rc = check_cas(reading);
    if (rc == 0)
        rc = note_cas(reading);
    return rc == 0 ? fill_list(reading) : rc;
}

/* ---- revoked certificates ---- */

static int check_crl(struct reading *reading, gnutls_x509_crl_t crl)
{
    char issuer[NAME_LEN_MAX + 1] = "?";
    size_t len = sizeof issuer;
    unsigned status = 0;
    int rc = tls_library.gnutls_x509_crl_verify(crl, reading->cas, reading->ca_count, 0, &status);

    if (rc == GNUTLS_E_SUCCESS && (status & UNSIGNED) == 0) /* one that is overdue is better than none */
        return 0;
    (void)tls_library.gnutls_x509_crl_get_issuer_dn(crl, issuer, &len);
    certificate_facts_make_printable(issuer);
    return error_text_set(reading->error, reading->error_size, -EINVAL,
                          "%s: the list is signed by \"%.100s\", which is not in %s; the CA that signs the list must "
                          "be there",
                          reading->crl_path, issuer, reading->ca_path);
}

/* One entry after the other: GnuTLS's access by index walks the list each time. */
static int note_revoked(struct reading *reading, gnutls_x509_crl_t crl, const gnutls_datum_t *issuer)
{
    struct certificate_lists *lists = &reading->trust.lists;
    gnutls_x509_crl_iter_t entries = NULL;
    int count = tls_library.gnutls_x509_crl_get_crt_count(crl);
    unsigned char serial[64];
    size_t len = sizeof serial;
    int rc = 0;

    if (count <= 0)
        return 0;
    struct certificate_id *grown =
        realloc(lists->revoked, (lists->revoked_count + (size_t)count) * sizeof *lists->revoked);
    if (grown == NULL)
        return fail_memory(reading);
    lists->revoked = grown;
    for (int i = 0; rc == 0 && i < count; i++, len = sizeof serial) {
        rc = tls_library.gnutls_x509_crl_iter_crt_serial(crl, &entries, serial, &len, NULL);
        if (rc == 0)
            lists->revoked[lists->revoked_count++] = certificate_facts_id(issuer, serial, len);
    }
    tls_library.gnutls_x509_crl_iter_deinit(entries);
    return rc == 0 ? 0 : fail(reading, -EINVAL, reading->crl_path, "has an entry that can't be read", rc);
}

static int take_crl(struct reading *reading, gnutls_x509_crl_t crl)
{
    gnutls_datum_t issuer = {0};
    int64_t due_s = tls_library.gnutls_x509_crl_get_next_update(crl);

    int rc = check_crl(reading, crl);
    if (rc == 0 && tls_library.gnutls_x509_crl_get_raw_issuer_dn(crl, &issuer) < 0)
        rc = fail_memory(reading);
    if (rc == 0)
        rc = note_revoked(reading, crl, &issuer);
    if (issuer.data != NULL)
        (*tls_library.gnutls_free)(issuer.data);
    if (due_s > 0 && due_s < reading->trust.crl_due_s)
        reading->trust.crl_due_s = due_s;
    return rc;
}

static int read_crls(struct reading *reading)
{
    struct certificate_trust *trust = &reading->trust;

    trust->crl_due_s = INT64_MAX;
    if (reading->crl_path[0] == '\0')
        return 0;
    int rc = certificate_file_read(reading->crl_path, CERTIFICATE_CRL_LEN_MAX, &trust->crl, reading->error,
                                   reading->error_size);
    if (rc < 0)
        return rc;
    const gnutls_datum_t text = {trust->crl.text, (unsigned)trust->crl.len};
    int error =
        tls_library.gnutls_x509_crl_list_import2(&reading->crls, &reading->crl_count, &text, GNUTLS_X509_FMT_PEM, 0);
    if (error < 0 || reading->crl_count == 0)
        return fail(reading, -EINVAL, reading->crl_path, "holds no list of revoked certificates", error);
    for (unsigned i = 0; rc == 0 && i < reading->crl_count; i++)
        rc = take_crl(reading, reading->crls[i]);
    if (trust->lists.revoked_count > 0)
        qsort(trust->lists.revoked, trust->lists.revoked_count, sizeof *trust->lists.revoked, certificate_id_compare);
    return rc;
}

/* ---- life ---- */

static void forget_imported(struct reading *reading)
{
    for (unsigned i = 0; i < reading->ca_count; i++)
        tls_library.gnutls_x509_crt_deinit(reading->cas[i]);
    for (unsigned i = 0; i < reading->crl_count; i++)
        tls_library.gnutls_x509_crl_deinit(reading->crls[i]);
    if (reading->cas != NULL)
        (*tls_library.gnutls_free)(reading->cas);
    if (reading->crls != NULL)
        (*tls_library.gnutls_free)(reading->crls);
}

static int read_pin(struct reading *reading, const char *pin)
{
    if (pin[0] == '\0')
        return 0;
    reading->trust.pinned = certificate_trust_parse_pin(pin, reading->trust.pin);
    if (reading->trust.pinned)
        return 0;
    return error_text_set(reading->error, reading->error_size, -EINVAL,
                          "\"%.80s\" is no pin; write sha256: and the 64 hexadecimal digits of the SHA-256 of the CA's "
                          "public key",
                          pin);
}

int certificate_trust_read(const char *ca_path, const char *crl_path, const char *pin, struct certificate_trust *trust,
                           char *error, size_t error_size)
{
    struct reading reading = {.ca_path = ca_path, .crl_path = crl_path, .error = error, .error_size = error_size};

    int rc = tls_library_load(error, error_size);
    if (rc == 0)
        rc = read_pin(&reading, pin);
    if (rc == 0)
        rc = read_cas(&reading);
    if (rc == 0)
        rc = read_crls(&reading);
    if (rc == 0)
        *trust = reading.trust;
    else
        certificate_trust_deinit(&reading.trust);
    forget_imported(&reading);
    return rc;
}

bool certificate_trust_equal(const struct certificate_trust *a, const struct certificate_trust *b)
{
    return certificate_file_equal(&a->ca, &b->ca) && certificate_file_equal(&a->crl, &b->crl) &&
           a->pinned == b->pinned && memcmp(a->pin, b->pin, sizeof a->pin) == 0;
}

void certificate_trust_deinit(struct certificate_trust *trust)
{
    certificate_file_deinit(&trust->ca);
    certificate_file_deinit(&trust->crl);
    if (trust->list != NULL)
        tls_library.gnutls_x509_trust_list_deinit(trust->list, 1);
    free(trust->lists.cas);
    free(trust->lists.revoked);
    *trust = (struct certificate_trust){0};
}

/* ---- judging ---- */

/* A chain while it is judged. */
struct judging {
    const struct certificate_trust *trust;
    gnutls_x509_trust_list_t list; /* the trust's, or one that has the pinned CA alone */
    gnutls_x509_crt_t chain[CERTIFICATE_CHAIN_MAX];
    unsigned count;
    struct certificate_claim *claim;
};

static bool import(struct judging *judging, const gnutls_datum_t *chain, unsigned count)
{
    if (count > CERTIFICATE_CHAIN_MAX)
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (tls_library.gnutls_x509_crt_init(&judging->chain[i]) < 0)
            return false;
        judging->count = i + 1;
        if (tls_library.gnutls_x509_crt_import(judging->chain[i], &chain[i], GNUTLS_X509_FMT_DER) < 0)
            return false;
    }
    return true;
}

static void note_validity(struct certificate_claim *claim, gnutls_x509_crt_t crt)
{
    int64_t begin_s = tls_library.gnutls_x509_crt_get_activation_time(crt);
    int64_t end_s = tls_library.gnutls_x509_crt_get_expiration_time(crt);

    if (begin_s > claim->not_before_s)
        claim->not_before_s = begin_s;
    if (end_s < claim->not_after_s)
        claim->not_after_s = end_s;
}

/* false: no memory, or names that are none. */
static bool note_names(struct judging *judging)
{
    struct certificate_claim *claim = judging->claim;
    struct certificate_names names;
    char who[CERTIFICATE_WHO_MAX], issuer[80];

    certificate_facts_names(judging->chain[0], &names);
    certificate_facts_who(judging->chain[0], who);
    certificate_facts_issuer(judging->chain[judging->count - 1], issuer, sizeof issuer);
    claim->names = strdup(names.text);
    claim->who = strdup(who);
    claim->issuer = strdup(issuer);
    return !names.malformed && claim->names != NULL && claim->who != NULL && claim->issuer != NULL;
}

static bool note_facts(struct judging *judging)
{
    struct certificate_claim *claim = judging->claim;

    claim->not_before_s = INT64_MIN;
    claim->not_after_s = INT64_MAX;
    claim->count = judging->count;
    claim->begins_s = tls_library.gnutls_x509_crt_get_activation_time(judging->chain[0]);
    for (unsigned i = 0; i < judging->count; i++) {
        claim->chain[i] = certificate_facts_own_id(judging->chain[i]);
        note_validity(claim, judging->chain[i]);
    }
    return note_names(judging);
}

/* With a pin alone, the CA is the certificate of the chain that has the pinned key. */
static bool find_pinned(struct judging *judging)
{
    uint8_t pin[CERTIFICATE_PIN_LEN];

    for (unsigned i = 0; i < judging->count; i++) {
        if (certificate_facts_pin(judging->chain[i], pin) < 0 || memcmp(pin, judging->trust->pin, sizeof pin) != 0)
            continue;
        if (tls_library.gnutls_x509_trust_list_init(&judging->list, 0) < 0)
            return false;
        return tls_library.gnutls_x509_trust_list_add_cas(judging->list, &judging->chain[i], 1, 0) == 1;
    }
    return false;
}

/* The CA to which the chain leads, or NULL. The list's own, which is valid as long as it. */
static gnutls_x509_crt_t find_ca(const struct judging *judging)
{
    gnutls_x509_crt_t ca = NULL;

    for (unsigned i = 0; i < judging->count; i++)
        if (tls_library.gnutls_x509_trust_list_get_issuer(judging->list, judging->chain[i], &ca, 0) == GNUTLS_E_SUCCESS)
            return ca;
    return NULL;
}

/* Times and revoked certificates are judged by the claim, so that they are judged again later in the same way. */
static enum certificate_verdict verify(struct judging *judging)
{
    const char *purpose = judging->claim->of_server ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st use = {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)purpose};
    unsigned status = 0;
    int rc = tls_library.gnutls_x509_trust_list_verify_crt2(judging->list, judging->chain, judging->count, &use, 1,
                                                            GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
                                                                GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS |
                                                                GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM),
                                                            &status, NULL);

    if (rc < 0)
        return CERTIFICATE_INVALID;
    if ((status & GNUTLS_CERT_SIGNER_NOT_FOUND) != 0)
        return CERTIFICATE_UNKNOWN_CA;
    if (status == ((unsigned)GNUTLS_CERT_INVALID | (unsigned)GNUTLS_CERT_PURPOSE_MISMATCH) ||
        status == (unsigned)GNUTLS_CERT_PURPOSE_MISMATCH)
        return CERTIFICATE_OTHER_USE;
    return status == 0 ? CERTIFICATE_ACCEPTED : CERTIFICATE_INVALID;
}

/* What the chain leads to belongs to it. */
static enum certificate_verdict note_ca(struct judging *judging)
{
    gnutls_x509_crt_t ca = find_ca(judging);
    uint8_t pin[CERTIFICATE_PIN_LEN];

    if (ca == NULL)
        return CERTIFICATE_UNKNOWN_CA;
    note_validity(judging->claim, ca);
    judging->claim->ca = certificate_facts_ca_id(ca);
    if (judging->trust->pinned &&
        (certificate_facts_pin(ca, pin) < 0 || memcmp(pin, judging->trust->pin, sizeof pin) != 0))
        return CERTIFICATE_OTHER_PIN;
    return CERTIFICATE_ACCEPTED;
}

/* A name in the CN alone is none (RFC 9525). */
static bool is_for_host(const struct judging *judging, const char *host)
{
    const char *names = judging->claim->names;

    if (certificate_names_count(names, CERTIFICATE_DNS) + certificate_names_count(names, CERTIFICATE_IP) == 0)
        return false;
    return tls_library.gnutls_x509_crt_check_hostname2(judging->chain[0], host, 0) != 0;
}

static enum certificate_verdict judge(struct judging *judging, int64_t now_s)
{
    struct certificate_claim *claim = judging->claim;

    if (judging->list == NULL && !find_pinned(judging))
        return CERTIFICATE_OTHER_PIN;
    enum certificate_verdict verdict = verify(judging);
    if (verdict == CERTIFICATE_ACCEPTED)
        verdict = note_ca(judging);
    if (verdict != CERTIFICATE_ACCEPTED)
        return verdict;
    claim->verdict = CERTIFICATE_ACCEPTED;
    if (judging->trust->list == NULL)
        return certificate_claim_judge_time(claim, now_s);
    return certificate_claim_judge(claim, now_s);
}

void certificate_trust_judge(const struct certificate_trust *trust, const gnutls_datum_t *chain, unsigned count,
                             const char *host, int64_t now_s, struct certificate_claim *claim)
{
    struct judging judging = {.trust = trust, .list = trust->list, .claim = claim};

    *claim = (struct certificate_claim){.lists = &trust->lists, .of_server = host != NULL};
    if (count == 0)
        claim->verdict = CERTIFICATE_MISSING;
    else if (!import(&judging, chain, count) || !note_facts(&judging))
        claim->verdict = CERTIFICATE_UNREADABLE;
    else
        claim->verdict = judge(&judging, now_s);
    if (claim->verdict == CERTIFICATE_ACCEPTED && host != NULL && !is_for_host(&judging, host))
        claim->verdict = CERTIFICATE_OTHER_NAME;
    if (judging.list != trust->list)
        tls_library.gnutls_x509_trust_list_deinit(judging.list, 0);
    for (unsigned i = 0; i < judging.count; i++)
        tls_library.gnutls_x509_crt_deinit(judging.chain[i]);
}
