/* All that one side of a channel needs to use certificates: its own one, and those that it trusts. Read as a whole, so
 * that files of which one is half renewed replace nothing. */
#ifndef TLS_CERTIFICATE_SET_H
#define TLS_CERTIFICATE_SET_H

#include "tls/certificate_pair.h"
#include "tls/certificate_paths.h"
#include "tls/certificate_trust.h"

#include <stdbool.h>
#include <stddef.h>

struct certificate_set {
    struct certificate_pair pair; /* chain.text is NULL: none */
    struct certificate_trust trust;
};

/* Returns 0, or a negative errno with the reason in error; then *set is untouched. */
int certificate_set_read(const struct certificate_paths *paths, enum certificate_use use, struct certificate_set *set,
                         char *error, size_t error_size);

bool certificate_set_equal(const struct certificate_set *a, const struct certificate_set *b);

/* Also for a zeroed one, and more than once. */
void certificate_set_deinit(struct certificate_set *set);

#endif
