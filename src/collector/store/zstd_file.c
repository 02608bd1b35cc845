#include "collector/store/zstd_file.h"

#include "collector/store/zstd_table.h"
#include "common/limits.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define NO_FRAME SIZE_MAX

struct zstd_file {
    const struct disk *disk;
    int file;
    struct zstd_table table;
    ZSTD_DCtx *context;
    char *frame;   /* as it is in the file */
    char *content; /* of the frame that was read last */
    size_t at;     /* that frame; NO_FRAME: none */
    uint64_t damaged;
};

/* ---- reading frames ---- */

/* Returns how many bytes there are, at most len, or a negative errno. */
static ssize_t read_all(const struct zstd_file *zstd, char *bytes, size_t len, uint64_t offset)
{
    size_t used = 0;

    while (used < len) {
        ssize_t got = disk_read(zstd->disk, zstd->file, bytes + used, len - used, offset + used);
        if (got < 0)
            return got;
        if (got == 0)
            break;
        used += (size_t)got;
    }
    return (ssize_t)used;
}

/* What is read in place of a frame that is damaged. */
static void put_damaged(struct zstd_file *zstd, size_t len)
{
    zstd->damaged++;
    memset(zstd->content, '\0', len);
    zstd->content[len - 1] = '\n';
}

/* Makes that frame the one whose content is in memory. 0, or the negative errno of a read. */
static int load(struct zstd_file *zstd, size_t at)
{
    const struct zstd_place *begin = &zstd->table.places[at];
    size_t frame_len = (size_t)(begin[1].in_file - begin[0].in_file);
    size_t content_len = (size_t)(begin[1].in_content - begin[0].in_content);

    if (zstd->at == at)
        return 0;
    zstd->at = NO_FRAME;
    ssize_t got = read_all(zstd, zstd->frame, frame_len, begin->in_file);
    if (got < 0)
        return (int)got;
    size_t len = ZSTD_decompressDCtx(zstd->context, zstd->content, content_len, zstd->frame, (size_t)got);
    if (ZSTD_isError(len) || len != content_len)
        put_damaged(zstd, content_len);
    zstd->at = at;
    return 0;
}

ssize_t zstd_file_read(struct zstd_file *zstd, void *data, size_t size, uint64_t offset)
{
    if (offset >= zstd_file_size(zstd))
        return 0;
    size_t at = zstd_table_find(&zstd->table, offset);
    int rc = load(zstd, at);
    if (rc < 0)
        return rc;
    const struct zstd_place *begin = &zstd->table.places[at];
    size_t skipped = (size_t)(offset - begin->in_content);
    size_t left = (size_t)(begin[1].in_content - offset);
    size_t len = size < left ? size : left;
    memcpy(data, zstd->content + skipped, len);
    return (ssize_t)len;
}

/* ---- the table ---- */

static int read_table_of(struct zstd_file *zstd, unsigned char *bytes, size_t len, uint64_t file_len)
{
    ssize_t got = read_all(zstd, (char *)bytes, len, file_len - len);

    if (got != (ssize_t)len)
        return got < 0 ? (int)got : -EBADMSG;
    return zstd_table_get(&zstd->table, bytes, len, file_len);
}

/* 0, or a negative errno: -EBADMSG if there is no whole table. */
static int read_table(struct zstd_file *zstd, uint64_t file_len)
{
    unsigned char footer[ZSTD_TABLE_FOOTER_LEN];
    size_t len = 0;

    if (file_len < ZSTD_TABLE_LEN(0))
        return -EBADMSG;
    ssize_t got = read_all(zstd, (char *)footer, sizeof footer, file_len - sizeof footer);
    if (got != (ssize_t)sizeof footer)
        return got < 0 ? (int)got : -EBADMSG;
    int rc = zstd_table_measure(footer, file_len, &len);
    if (rc < 0)
        return rc;
    unsigned char *bytes = malloc(len);
    rc = bytes != NULL ? read_table_of(zstd, bytes, len, file_len) : -ENOMEM;
    free(bytes);
    return rc;
}

/* Adds the frame with which the bytes begin. Returns its length, or 0 if there is no whole frame of ours, or a negative
 * errno. */
static ssize_t add_frame(struct zstd_file *zstd, const char *bytes, size_t len)
{
    unsigned long long content_len = ZSTD_getFrameContentSize(bytes, len);
    size_t frame_len = ZSTD_findFrameCompressedSize(bytes, len);

    if (ZSTD_isError(frame_len) || content_len == 0 ||
        content_len > COMPRESSED_CONTENT_MAX) /* or unknown, or an error */
        return 0;
    int rc = zstd_table_add(&zstd->table, frame_len, content_len);
    return rc == 0 ? (ssize_t)frame_len : rc;
}

/* Adds the frames that begin at the end of the table, as many as one read has whole. Returns 1, or 0 if there is none,
 * or a negative errno. */
static int add_next(struct zstd_file *zstd)
{
    ssize_t got = read_all(zstd, zstd->frame, COMPRESSED_FRAME_MAX, zstd_table_end(&zstd->table).in_file);
    size_t used = 0;
    ssize_t len = 0;

    if (got < 0)
        return (int)got;
    while ((len = add_frame(zstd, zstd->frame + used, (size_t)got - used)) > 0)
        used += (size_t)len;
    return len < 0 ? (int)len : used > 0;
}

/* Whether what is behind the frames is a table, or what is left of one. */
static bool ends_with_table(const struct zstd_file *zstd, uint64_t offset)
{
    unsigned char magic[4];

    return read_all(zstd, (char *)magic, sizeof magic, offset) == (ssize_t)sizeof magic && (magic[0] & 0xF0U) == 0x50 &&
           magic[1] == 0x2A && magic[2] == 0x4D && magic[3] == 0x18;
}

/* What follows the last whole frame: content of that length, which can't be decompressed. */
static int add_lost(struct zstd_file *zstd, uint64_t file_len)
{
    uint64_t offset = zstd_table_end(&zstd->table).in_file;
    int rc = 0;

    if (ends_with_table(zstd, offset))
        return 0;
    while (rc == 0 && offset < file_len) {
        uint64_t left = file_len - offset;
        uint64_t len = left < COMPRESSED_CONTENT_MAX ? left : COMPRESSED_CONTENT_MAX;
        rc = zstd_table_add(&zstd->table, len, len);
        offset += len;
    }
    return rc;
}

/* Without a table. */
static int find_frames(struct zstd_file *zstd, uint64_t file_len)
{
    int rc = 1;

    while (rc > 0)
        rc = add_next(zstd);
    if (rc == 0)
        rc = add_lost(zstd, file_len);
    return rc == -EFBIG ? 0 : rc; /* more frames than the collector ever writes */
}

static int open_table(struct zstd_file *zstd)
{
    struct disk_status status;

    int rc = disk_status(zstd->disk, zstd->file, &status);
    if (rc == 0)
        rc = read_table(zstd, status.size);
    return rc == -EBADMSG ? find_frames(zstd, status.size) : rc;
}

/* ---- begin and end ---- */

int zstd_file_new(struct zstd_file **zstd, const struct disk *disk, int file)
{
    struct zstd_file *made = calloc(1, sizeof *made);

    if (made == NULL)
        return -ENOMEM;
    made->disk = disk;
    made->file = file;
    made->at = NO_FRAME;
    made->context = ZSTD_createDCtx();
    made->frame = malloc(COMPRESSED_FRAME_MAX);
    made->content = malloc(COMPRESSED_CONTENT_MAX);
    bool has_memory = made->context != NULL && made->frame != NULL && made->content != NULL;
    int rc = has_memory ? open_table(made) : -ENOMEM;
    if (rc < 0)
        zstd_file_free(made);
    else
        *zstd = made;
    return rc;
}

void zstd_file_free(struct zstd_file *zstd)
{
    if (zstd == NULL)
        return;
    zstd_table_free(&zstd->table);
    ZSTD_freeDCtx(zstd->context);
    free(zstd->frame);
    free(zstd->content);
    free(zstd);
}

uint64_t zstd_file_size(const struct zstd_file *zstd)
{
    return zstd_table_end(&zstd->table).in_content;
}

uint64_t zstd_file_damaged(const struct zstd_file *zstd)
{
    return zstd->damaged;
}
