/* Pure. Writes a compressed file (zstd_table.h), one frame at a time. */
#ifndef COLLECTOR_STORE_ZSTD_WRITER_H
#define COLLECTOR_STORE_ZSTD_WRITER_H

#include "collector/store/zstd_table.h"
#include "common/disk.h"

#include <stddef.h>
#include <stdint.h>

/* The fields are the module's own. */
struct zstd_writer {
    const struct disk *disk;
    int file;
    uint64_t len; /* of the file so far */
    struct zstd_table table;
    struct ZSTD_CCtx_s *context;
    char *frame;
};

/* The file is empty, open for writing, and stays the caller's. 0 or -ENOMEM; then there is nothing to deinit. */
int zstd_writer_init(struct zstd_writer *writer, const struct disk *disk, int file);
void zstd_writer_deinit(struct zstd_writer *writer);

/* Appends a frame with that content, of 1 to COMPRESSED_CONTENT_MAX bytes. 0 or a negative errno: the file is of no
 * use. */
int zstd_writer_put(struct zstd_writer *writer, const char *content, size_t len);

/* Appends the table; the file is complete, but not synced. 0 or a negative errno. */
int zstd_writer_end(struct zstd_writer *writer);

static inline uint64_t zstd_writer_len(const struct zstd_writer *writer)
{
    return writer->len;
}

#endif
