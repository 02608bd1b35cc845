#include "tls/certificate_facts.h"

#include "common/writer.h"
#include "tls/tls_library.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SERIAL_MAX   64U /* bytes; RFC 5280 allows 20 */
#define NAME_MAX_LEN 512U
#define SAN_MAX      64U /* names that are looked at */

/* ---- ids ---- */

static struct certificate_id id_of(const void *bytes, size_t len)
{
    unsigned char digest[32] = {0};
    struct certificate_id id;

    (void)tls_library.gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, len, digest);
    memcpy(id.bytes, digest, sizeof id.bytes);
    return id;
}

struct certificate_id certificate_facts_ca_id(gnutls_x509_crt_t crt)
{
    unsigned char digest[32] = {0};
    size_t len = sizeof digest;
    struct certificate_id id;

    (void)tls_library.gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, digest, &len);
    memcpy(id.bytes, digest, sizeof id.bytes);
    return id;
}

/* The two are hashed apart, so that none can pass for a part of the other. */
struct certificate_id certificate_facts_id(const gnutls_datum_t *issuer_dn, const unsigned char *serial, size_t len)
{
    struct certificate_id parts[2] = {id_of(issuer_dn->data, issuer_dn->size), id_of(serial, len)};

    return id_of(parts, sizeof parts);
}

struct certificate_id certificate_facts_own_id(gnutls_x509_crt_t crt)
{
    unsigned char serial[SERIAL_MAX];
    size_t len = sizeof serial;
    gnutls_datum_t issuer = {0};

    if (tls_library.gnutls_x509_crt_get_serial(crt, serial, &len) < 0)
        len = 0;
    (void)tls_library.gnutls_x509_crt_get_raw_issuer_dn(crt, &issuer);
    struct certificate_id id = certificate_facts_id(&issuer, serial, len);
    (*tls_library.gnutls_free)(issuer.data);
    return id;
}

int certificate_facts_pin(gnutls_x509_crt_t crt, uint8_t pin[32])
{
    size_t len = 32;
    int rc = tls_library.gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, pin, &len);

    return rc == GNUTLS_E_SUCCESS && len == 32 ? 0 : -EIO;
}

/* ---- names ---- */

static void add_address(struct certificate_names *names, const unsigned char *bytes, size_t len)
{
    char text[INET6_ADDRSTRLEN] = "";
    int family = len == 4 ? AF_INET : AF_INET6;

    if ((len != 4 && len != 16) || inet_ntop(family, bytes, text, sizeof text) == NULL)
        names->malformed = true;
    else
        certificate_names_add(names, CERTIFICATE_IP, (const uint8_t *)text, strlen(text));
}

/* Names of other kinds say nothing here. */
static void add_name(struct certificate_names *names, int kind, const unsigned char *bytes, size_t len)
{
    if (kind == GNUTLS_SAN_DNSNAME)
        certificate_names_add(names, CERTIFICATE_DNS, bytes, len);
    else if (kind == GNUTLS_SAN_URI)
        certificate_names_add(names, CERTIFICATE_URI, bytes, len);
    else if (kind == GNUTLS_SAN_IPADDRESS)
        add_address(names, bytes, len);
}

static void add_san(gnutls_x509_crt_t crt, struct certificate_names *names)
{
    for (unsigned i = 0; i < SAN_MAX; i++) {
        unsigned char bytes[NAME_MAX_LEN];
        size_t len = sizeof bytes;
        int kind = tls_library.gnutls_x509_crt_get_subject_alt_name(crt, i, bytes, &len, NULL);
        if (kind == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            return;
        if (kind == GNUTLS_E_SHORT_MEMORY_BUFFER)
            names->cut = true;
        else if (kind < 0)
            names->malformed = true;
        else
            add_name(names, kind, bytes, len);
    }
    names->cut = true;
}

void certificate_facts_names(gnutls_x509_crt_t crt, struct certificate_names *names)
{
    certificate_names_init(names);
    add_san(crt, names);
    for (unsigned i = 0; i < SAN_MAX; i++) {
        unsigned char bytes[NAME_MAX_LEN];
        size_t len = sizeof bytes;
        int rc =
            tls_library.gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_ORGANIZATIONAL_UNIT_NAME, i, 0, bytes, &len);
        if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            return;
        if (rc == GNUTLS_E_SUCCESS)
            certificate_names_add(names, CERTIFICATE_UNIT, bytes, len);
    }
}

/* ---- for people ---- */

void certificate_facts_make_printable(char *text)
{
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

typedef int get_by_oid(gnutls_x509_crt_t crt, const char *oid, unsigned index, unsigned raw, void *buf, size_t *size);
typedef int get_whole(gnutls_x509_crt_t crt, char *buf, size_t *size);

/* prefix: of a common name. */
static void describe(gnutls_x509_crt_t crt, get_by_oid *by_oid, get_whole *whole, const char *prefix, char *text,
                     size_t size)
{
    char name[NAME_MAX_LEN] = "";
    size_t len = sizeof name - 1;

    if (by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &len) == GNUTLS_E_SUCCESS) {
        (void)snprintf(text, size, "%s%.*s", prefix, (int)len, name);
    } else {
        len = sizeof name - 1;
        if (whole(crt, name, &len) < 0 || len == 0)
            (void)snprintf(name, sizeof name, "no name");
        (void)snprintf(text, size, "%s", name);
    }
    certificate_facts_make_printable(text);
}

void certificate_facts_holder(gnutls_x509_crt_t crt, char *text, size_t size)
{
    describe(crt, tls_library.gnutls_x509_crt_get_dn_by_oid, tls_library.gnutls_x509_crt_get_dn, "", text, size);
}

void certificate_facts_issuer(gnutls_x509_crt_t crt, char *text, size_t size)
{
    describe(crt, tls_library.gnutls_x509_crt_get_issuer_dn_by_oid, tls_library.gnutls_x509_crt_get_issuer_dn, "", text,
             size);
}

void certificate_facts_who(gnutls_x509_crt_t crt, char who[CERTIFICATE_WHO_MAX])
{
    char holder[80];
    unsigned char serial[SERIAL_MAX];
    size_t len = sizeof serial;
    struct writer writer = {.text = who, .size = CERTIFICATE_WHO_MAX};

    describe(crt, tls_library.gnutls_x509_crt_get_dn_by_oid, tls_library.gnutls_x509_crt_get_dn, "CN ", holder,
             sizeof holder);
    if (tls_library.gnutls_x509_crt_get_serial(crt, serial, &len) < 0)
        len = 0;
    writer_print(&writer, "%s, serial ", holder);
    for (size_t i = 0; i < len && i < 20; i++)
        writer_print(&writer, "%02x", serial[i]);
}
