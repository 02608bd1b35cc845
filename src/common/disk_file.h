/* Pure. Reads a whole file from a disk, and replaces one so that after a kill or a power failure either the old or
 * the new file exists. */
#ifndef COMMON_DISK_FILE_H
#define COMMON_DISK_FILE_H

#include "common/disk.h"

#include <stddef.h>
#include <sys/types.h>

/* Reads up to the end of the open file. Returns the count of bytes, at most size, or a negative errno. */
ssize_t disk_file_read(const struct disk *disk, int file, char *text, size_t size);

/* Reads the file of that name into new memory, which the caller frees. The memory has at least *len + 1 bytes. Returns
 * 0, or a negative errno with *text NULL: -ENOENT, there is no such file; -EFBIG, it has more than len_max bytes. */
int disk_file_load(const struct disk *disk, const char *name, size_t len_max, char **text, size_t *len);

/* Ends a replacement: file was opened with the name `temporary`, and rc is the result of writing to it. Syncs and
 * closes it and renames it to `name`; after an error it removes it. Returns 0: the new content is durable, or the first
 * error. */
int disk_file_replace(const struct disk *disk, int file, int rc, const char *temporary, const char *name);

#endif
