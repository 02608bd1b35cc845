/* Pure. The table at the end of a compressed file, by which any byte of its content is found without decompressing what
 * precedes it.
 *
 * Such a file is a sequence of zstd frames, each of which can be decompressed alone, followed by a skippable frame, as
 * in zstd's seekable format (contrib/seekable_format of its sources). zstd -d decompresses it like any other file:
 *
 *     frame ... frame
 *     4 bytes  0x184D2A5E, little-endian, as all numbers
 *     4        length of what follows
 *     8 each   length of a frame, and of its content
 *     4        number of frames
 *     1        0: the table has no checksums; the frames have
 *     4        0x8F92EAB1 */
#ifndef COLLECTOR_STORE_ZSTD_TABLE_H
#define COLLECTOR_STORE_ZSTD_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define ZSTD_TABLE_HEAD_LEN   8U
#define ZSTD_TABLE_ENTRY_LEN  8U
#define ZSTD_TABLE_FOOTER_LEN 9U
#define ZSTD_TABLE_LEN(count) (ZSTD_TABLE_HEAD_LEN + (count) * (size_t)ZSTD_TABLE_ENTRY_LEN + ZSTD_TABLE_FOOTER_LEN)

/* Where a frame begins in the file, and its content among that of all frames. */
struct zstd_place {
    uint64_t in_file;
    uint64_t in_content;
};

/* All zeros at the beginning. */
struct zstd_table {
    struct zstd_place *places; /* of each frame, and of the end */
    size_t count;              /* frames */
    size_t room;
};

void zstd_table_free(struct zstd_table *table);

/* Adds a frame behind the others. 0, -ENOMEM, or -EFBIG: there are COMPRESSED_FRAMES_MAX. */
int zstd_table_add(struct zstd_table *table, uint64_t frame_len, uint64_t content_len);

struct zstd_place zstd_table_end(const struct zstd_table *table);

/* The frame that has the byte of the content at that offset, which is before its end. */
size_t zstd_table_find(const struct zstd_table *table, uint64_t offset);

/* Writes the table, ZSTD_TABLE_LEN(count) bytes. */
void zstd_table_put(const struct zstd_table *table, unsigned char *bytes);

/* From the last ZSTD_TABLE_FOOTER_LEN bytes of a file of file_len bytes, how many bytes the table has. 0, or -EBADMSG:
 * it has none. */
int zstd_table_measure(const unsigned char *footer, uint64_t file_len, size_t *len);

/* Reads the table, all the bytes that zstd_table_measure() found, into an empty one. 0, -ENOMEM, or -EBADMSG: it does
 * not fit the file, or has a frame that is larger than ours are. */
int zstd_table_get(struct zstd_table *table, const unsigned char *bytes, size_t len, uint64_t file_len);

#endif
