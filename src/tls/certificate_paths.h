/* Pure. Where the files of certificates are, as settings name them. */
#ifndef TLS_CERTIFICATE_PATHS_H
#define TLS_CERTIFICATE_PATHS_H

#include "common/setting.h"

#include <stdbool.h>

struct certificate_paths {
    setting_path cert; /* each may be empty */
    setting_path key;
    setting_path ca;
    setting_path crl;
    setting_path pin; /* not a path: certificate_trust_parse_pin() */
};

/* Whether there are any. */
static inline bool certificate_paths_any(const struct certificate_paths *paths)
{
    return paths->cert[0] != '\0' || paths->key[0] != '\0' || paths->ca[0] != '\0' || paths->crl[0] != '\0' ||
           paths->pin[0] != '\0';
}

#endif
