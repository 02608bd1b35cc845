/* Reads files of keys and of revoked names. In both, empty lines and those that begin with # are ignored.
 * secret_file.h says which files are read at all. */
#ifndef TLS_KEY_FILE_H
#define TLS_KEY_FILE_H

#include "tls/key_ring.h"
#include "tls/key_text.h"

#include <stddef.h>

/* Reads the first key of a file: the fleet's secret or a derived key. Returns 0, or a negative errno with the reason in
 * error; then *key is untouched. */
int key_file_read(const char *path, struct key_text *key, char *error, size_t error_size);

/* Reads the secrets of the fleet, one or two, into an empty ring, after loading GnuTLS; and the revoked names, see
 * struct key_ring. As above; on failure, the ring may hold a part of them, and is to be deinited. */
int key_file_read_secrets(const char *path, struct key_ring *ring, char *error, size_t error_size);
int key_file_read_revoked(const char *path, struct key_ring *ring, char *error, size_t error_size);

#endif
