/* Pure. Reads a compressed file (zstd_table.h) at any offset of its content.
 *
 * Damage costs only the frames in which it is. Each frame has a checksum; one that can't be decompressed reads as a
 * single line of NULs with the length of its content, which is no row of any series. Where the table is damaged or cut
 * off, the frames are found one after the other, and what follows the last whole one reads as such a line, too.
 *
 * Memory: the table, and one frame before and after decompression: at most COMPRESSED_CONTENT_MAX and
 * COMPRESSED_FRAME_MAX, whatever the file states. */
#ifndef COLLECTOR_STORE_ZSTD_FILE_H
#define COLLECTOR_STORE_ZSTD_FILE_H

#include "common/disk.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct zstd_file;

/* The file is open for reading, and stays the caller's. 0, or a negative errno: -ENOMEM, or that of a read. */
int zstd_file_new(struct zstd_file **zstd, const struct disk *disk, int file);
void zstd_file_free(struct zstd_file *zstd);

/* The length of the content. */
uint64_t zstd_file_size(const struct zstd_file *zstd);

/* As disk_read(). */
ssize_t zstd_file_read(struct zstd_file *zstd, void *data, size_t size, uint64_t offset);

/* How many damaged frames were read so far; a damaged end counts as one. */
uint64_t zstd_file_damaged(const struct zstd_file *zstd);

#endif
