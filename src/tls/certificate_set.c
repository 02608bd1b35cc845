#include "tls/certificate_set.h"

#include "common/error_text.h"

#include <errno.h>

/* A collector has all three files; an agent without a certificate of its own can't be accepted, but can find out. */
static const char *find_missing(const struct certificate_paths *paths, enum certificate_use use)
{
    if (paths->cert[0] == '\0' && (paths->key[0] != '\0' || use == CERTIFICATE_OF_SERVER))
        return "cert-file is missing: the certificate that is shown to the other side";
    if (paths->key[0] == '\0' && paths->cert[0] != '\0')
        return "key-file is missing: the key of cert-file";
    if (paths->ca[0] == '\0' && (use == CERTIFICATE_OF_SERVER || paths->pin[0] == '\0'))
        return use == CERTIFICATE_OF_SERVER
                   ? "ca-file is missing: the CAs that sign the certificates of agents"
                   : "ca-file is missing: the CAs that sign the collector's certificate; or give --ca-pin";
    return NULL;
}

int certificate_set_read(const struct certificate_paths *paths, enum certificate_use use, struct certificate_set *set,
                         char *error, size_t error_size)
{
    struct certificate_set found = {0};
    const char *missing = find_missing(paths, use);
    int rc = missing != NULL ? error_text_set(error, error_size, -EINVAL, "%s", missing) : 0;

    if (rc == 0 && paths->cert[0] != '\0')
        rc = certificate_pair_read(paths->cert, paths->key, use, &found.pair, error, error_size);
    if (rc == 0)
        rc = certificate_trust_read(paths->ca, paths->crl, paths->pin, &found.trust, error, error_size);
    if (rc == 0)
        *set = found;
    else
        certificate_set_deinit(&found);
    return rc;
}

bool certificate_set_equal(const struct certificate_set *a, const struct certificate_set *b)
{
    return certificate_pair_equal(&a->pair, &b->pair) && certificate_trust_equal(&a->trust, &b->trust);
}

void certificate_set_deinit(struct certificate_set *set)
{
    certificate_pair_deinit(&set->pair);
    certificate_trust_deinit(&set->trust);
}
