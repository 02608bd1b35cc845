#include "collector/store/zstd_table.h"

#include "common/limits.h"

#include <errno.h>
#include <stdlib.h>

#define SKIPPABLE_MAGIC 0x184D2A5EU
#define SEEKABLE_MAGIC  0x8F92EAB1U
#define CHECKSUMS       0x80U /* in the descriptor: each entry has four bytes more */
#define RESERVED        0x7CU

void zstd_table_free(struct zstd_table *table)
{
    free(table->places);
    *table = (struct zstd_table){0};
}

static int make_room(struct zstd_table *table)
{
    if (table->count + 1 < table->room)
        return 0;
    if (table->count == COMPRESSED_FRAMES_MAX)
        return -EFBIG;
    size_t more = table->room == 0 ? 64 : 2 * table->room;
    struct zstd_place *larger = reallocarray(table->places, more, sizeof *larger);
    if (larger == NULL)
        return -ENOMEM;
    if (table->room == 0)
        larger[0] = (struct zstd_place){0, 0};
    table->places = larger;
    table->room = more;
    return 0;
}

int zstd_table_add(struct zstd_table *table, uint64_t frame_len, uint64_t content_len)
{
    int rc = make_room(table);

    if (rc < 0)
        return rc;
    const struct zstd_place *end = &table->places[table->count++];
    table->places[table->count] = (struct zstd_place){end->in_file + frame_len, end->in_content + content_len};
    return 0;
}

struct zstd_place zstd_table_end(const struct zstd_table *table)
{
    return table->count > 0 ? table->places[table->count] : (struct zstd_place){0, 0};
}

size_t zstd_table_find(const struct zstd_table *table, uint64_t offset)
{
    size_t low = 0;
    size_t high = table->count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (table->places[middle].in_content <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ---- bytes ---- */

static unsigned char *put_u32(unsigned char *at, uint64_t value)
{
    for (unsigned i = 0; i < 4; i++)
        *at++ = (unsigned char)(value >> 8 * i);
    return at;
}

static uint32_t get_u32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

void zstd_table_put(const struct zstd_table *table, unsigned char *bytes)
{
    bytes = put_u32(bytes, SKIPPABLE_MAGIC);
    bytes = put_u32(bytes, ZSTD_TABLE_LEN(table->count) - ZSTD_TABLE_HEAD_LEN);
    for (size_t i = 0; i < table->count; i++) {
        bytes = put_u32(bytes, table->places[i + 1].in_file - table->places[i].in_file);
        bytes = put_u32(bytes, table->places[i + 1].in_content - table->places[i].in_content);
    }
    bytes = put_u32(bytes, table->count);
    *bytes++ = 0;
    put_u32(bytes, SEEKABLE_MAGIC);
}

static size_t entry_len(unsigned descriptor)
{
    return (descriptor & CHECKSUMS) != 0 ? ZSTD_TABLE_ENTRY_LEN + 4 : ZSTD_TABLE_ENTRY_LEN;
}

int zstd_table_measure(const unsigned char *footer, uint64_t file_len, size_t *len)
{
    uint32_t count = get_u32(footer);

    if (get_u32(footer + 5) != SEEKABLE_MAGIC || (footer[4] & RESERVED) != 0 || count > COMPRESSED_FRAMES_MAX)
        return -EBADMSG;
    size_t wanted = ZSTD_TABLE_HEAD_LEN + count * entry_len(footer[4]) + ZSTD_TABLE_FOOTER_LEN;
    if (wanted > file_len)
        return -EBADMSG;
    *len = wanted;
    return 0;
}

/* ---- reading ---- */

static int get_entries(struct zstd_table *table, const unsigned char *at, size_t count, size_t each)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++, at += each) {
        uint32_t frame_len = get_u32(at);
        uint32_t content_len = get_u32(at + 4);
        if (frame_len == 0 || content_len == 0 || content_len > COMPRESSED_CONTENT_MAX ||
            frame_len > COMPRESSED_FRAME_MAX)
            rc = -EBADMSG;
        else
            rc = zstd_table_add(table, frame_len, content_len);
    }
    return rc;
}

int zstd_table_get(struct zstd_table *table, const unsigned char *bytes, size_t len, uint64_t file_len)
{
    const unsigned char *footer = bytes + len - ZSTD_TABLE_FOOTER_LEN;
    struct zstd_table found = {0};

    if (get_u32(bytes) != SKIPPABLE_MAGIC || get_u32(bytes + 4) != len - ZSTD_TABLE_HEAD_LEN)
        return -EBADMSG;
    int rc = get_entries(&found, bytes + ZSTD_TABLE_HEAD_LEN, get_u32(footer), entry_len(footer[4]));
    if (rc == 0 && zstd_table_end(&found).in_file + len != file_len)
        rc = -EBADMSG;
    if (rc < 0)
        zstd_table_free(&found);
    else
        *table = found;
    return rc;
}
