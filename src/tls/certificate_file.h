/* Reads PEM files: certificates, keys, lists of revoked certificates. */
#ifndef TLS_CERTIFICATE_FILE_H
#define TLS_CERTIFICATE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* The text of a file. */
struct certificate_file {
    unsigned char *text; /* owned; NULL: nothing was read */
    size_t len;
};

/* Reads a regular file of 1 to len_max bytes. The name may be a symbolic link, as mounted secrets are. Returns 0, or a
 * negative errno with the reason in error; then *file is untouched. */
int certificate_file_read(const char *path, size_t len_max, struct certificate_file *file, char *error,
                          size_t error_size);

bool certificate_file_equal(const struct certificate_file *a, const struct certificate_file *b);

/* Overwrites the text, since it may be a key. Also for a zeroed one, and more than once. */
void certificate_file_deinit(struct certificate_file *file);

#endif
