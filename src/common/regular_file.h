/* Opens files in a folder that others may be able to write to: only regular files of an owner who is trusted.
 *
 * A symbolic link, or a hard link to a file of somebody else, could make the program write to any file that it may
 * write to; a FIFO could block it for ever. */
#ifndef COMMON_REGULAR_FILE_H
#define COMMON_REGULAR_FILE_H

#include <stdbool.h>
#include <sys/types.h>

/* As openat(), with O_CLOEXEC; a file is emptied (O_TRUNC) only once it is known to be one that may be opened. Returns
 * the descriptor or a negative errno: -ELOOP for a symbolic link, -EISDIR for a directory, -ENODEV for a FIFO, a socket
 * or a device, -EPERM for a file that belongs neither to this user nor to root nor to the owner of the folder, -EMLINK
 * for a file with several names that would be written to; or that of a system call. */
int regular_file_open(int dir_fd, const char *name, int flags, mode_t mode);

/* Whether the file of that name may be opened: 0, also if there is none, or a negative errno as above. */
int regular_file_check(int dir_fd, const char *name, bool is_written);

/* Why a file could not be opened, for people. */
const char *regular_file_error(int rc);

#endif
