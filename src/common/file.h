/* Reads and writes regular files completely, and continues after signals and short counts. Synchronous: for a worker
 * or the start. */
#ifndef COMMON_FILE_H
#define COMMON_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Writes all data at that offset, or at the end of a file that is open for appending. 0 or a negative errno; then a
 * part may be written. */
int file_write_all(int fd, const void *data, size_t len, uint64_t offset);

/* Reads from the beginning until data is full or the file ends; *len is the number of bytes. 0 or a negative errno. */
int file_read_all(int fd, void *data, size_t size, size_t *len);

#endif
