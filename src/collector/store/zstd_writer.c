#include "collector/store/zstd_writer.h"

#include "common/limits.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>

/* Measured with bench/run compress: higher levels take several times as long, and rows, most of whose bytes are digits
 * of measurements, don't get smaller. */
#define LEVEL 1

int zstd_writer_init(struct zstd_writer *writer, const struct disk *disk, int file)
{
    *writer = (struct zstd_writer){.disk = disk, .file = file};
    writer->context = ZSTD_createCCtx();
    writer->frame = malloc(COMPRESSED_FRAME_MAX);
    if (writer->context == NULL || writer->frame == NULL) {
        zstd_writer_deinit(writer);
        return -ENOMEM;
    }
    (void)ZSTD_CCtx_setParameter(writer->context, ZSTD_c_compressionLevel, LEVEL);
    (void)ZSTD_CCtx_setParameter(writer->context, ZSTD_c_checksumFlag, 1);
    return 0;
}

void zstd_writer_deinit(struct zstd_writer *writer)
{
    ZSTD_freeCCtx(writer->context);
    free(writer->frame);
    zstd_table_free(&writer->table);
    *writer = (struct zstd_writer){0};
}

static int append(struct zstd_writer *writer, const void *bytes, size_t len)
{
    int rc = disk_write(writer->disk, writer->file, bytes, len, writer->len);

    if (rc == 0)
        writer->len += len;
    return rc;
}

int zstd_writer_put(struct zstd_writer *writer, const char *content, size_t len)
{
    size_t frame_len = ZSTD_compress2(writer->context, writer->frame, COMPRESSED_FRAME_MAX, content, len);

    if (ZSTD_isError(frame_len)) /* the frame has room for any content: what can fail is the allocation of a context */
        return -ENOMEM;
    int rc = zstd_table_add(&writer->table, frame_len, len);
    return rc == 0 ? append(writer, writer->frame, frame_len) : rc;
}

int zstd_writer_end(struct zstd_writer *writer)
{
    size_t len = ZSTD_TABLE_LEN(writer->table.count);
    unsigned char *bytes = malloc(len);

    if (bytes == NULL)
        return -ENOMEM;
    zstd_table_put(&writer->table, bytes);
    int rc = append(writer, bytes, len);
    free(bytes);
    return rc;
}
