/* Opens files that hold a secret, and finds out who else can read or change them.
 *
 * The name may be a symbolic link, as mounted secrets of Kubernetes are. What a link points to must be a regular file:
 * a FIFO or a device could block the program for ever. A file that every user can write to holds no secret, and is
 * refused. One that others can only read is not: secrets that Kubernetes and Docker mount have the modes 0644 and 0444
 * by default, in a container where nobody else is. secret_file_warn() reports it. */
#ifndef COMMON_SECRET_FILE_H
#define COMMON_SECRET_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Opens a file of at most len_max bytes for reading. Returns the descriptor or a negative errno: -EISDIR for a
 * directory, -ENODEV for a FIFO, a socket or a device, -EFBIG for a file that is longer, -EPERM for one that every user
 * can write to; or that of a system call. */
int secret_file_open(const char *path, size_t len_max);

/* Why a file could not be opened, for people. */
const char *secret_file_error(int rc);

/* Whether others can read or change the file: all users, a group that this process is not in, or an owner who is
 * neither this user nor root. Then `warning` says who, and what to do. For root, any group and owner may have been
 * chosen on purpose, and only all users are others. */
bool secret_file_warn(const char *path, char *warning, size_t size);

#endif
