/* A compressed file of any bytes is read to its end, in pieces as in one go; and what is written is read back, whatever
 * damage does not touch it. */
#include "collector/store/zstd_file.h"
#include "collector/store/zstd_writer.h"
#include "common/limits.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_disk.h"

#include <stdlib.h>
#include <string.h>

#define NAME       "rows.zst"
#define PIECE      777U
#define LOOKED_MAX (UINT64_C(4) << 20) /* of the content */

static struct zstd_file *open_file(const struct disk *disk, int *file)
{
    struct zstd_file *zstd = NULL;

    *file = disk_open(disk, NAME, DISK_READ);
    MUST(*file >= 0 && zstd_file_new(&zstd, disk, *file) == 0);
    return zstd;
}

static void close_file(const struct disk *disk, int file, struct zstd_file *zstd)
{
    zstd_file_free(zstd);
    MUST(disk_close(disk, file) == 0);
}

/* Reads end where a frame does, and give the same bytes again. */
static void read_all(const struct disk *disk)
{
    static char whole[COMPRESSED_CONTENT_MAX];
    char piece[PIECE];
    int file = -1;
    struct zstd_file *zstd = open_file(disk, &file);
    uint64_t size = zstd_file_size(zstd);
    uint64_t at = 0;

    while (at < size && at < LOOKED_MAX) {
        ssize_t got = zstd_file_read(zstd, whole, sizeof whole, at);
        MUST(got > 0 && at + (uint64_t)got <= size);
        ssize_t again = zstd_file_read(zstd, piece, sizeof piece, at + (uint64_t)got / 2);
        MUST(again > 0 && again <= got - got / 2 && memcmp(piece, whole + got / 2, (size_t)again) == 0);
        at += (uint64_t)got;
    }
    MUST(zstd_file_read(zstd, piece, sizeof piece, size) == 0);
    close_file(disk, file, zstd);
}

static void write_all(const struct disk *disk, const char *content, size_t size)
{
    struct zstd_writer writer;
    int file = disk_open(disk, NAME, DISK_OVERWRITE);

    MUST(file >= 0 && zstd_writer_init(&writer, disk, file) == 0);
    MUST(size < 2 || zstd_writer_put(&writer, content, size / 2) == 0);
    MUST(size == 0 || zstd_writer_put(&writer, content + size / 2, size - size / 2) == 0);
    MUST(zstd_writer_end(&writer) == 0);
    zstd_writer_deinit(&writer);
    MUST(disk_close(disk, file) == 0);
}

/* A byte of the first frame is changed: the second one is as it was. */
static void damage_and_read(struct fuzz_disk *disk, const char *content, size_t size)
{
    char *second = malloc(size);
    int file = -1;

    struct fuzz_file *made = fuzz_disk_find(disk, NAME);
    made->data[size % 7 + 4] ^= (char)(1 + size % 100);
    struct zstd_file *zstd = open_file(&disk->disk, &file);
    MUST(zstd_file_size(zstd) == size);
    MUST(zstd_file_read(zstd, second, size, size / 2) == (ssize_t)(size - size / 2));
    MUST(memcmp(second, content + size / 2, size - size / 2) == 0);
    close_file(&disk->disk, file, zstd);
    free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    struct fuzz_disk disk;

    fuzz_disk_init(&disk);
    (void)fuzz_disk_put(&disk, NAME, bytes, size);
    read_all(&disk.disk);
    write_all(&disk.disk, bytes, size);
    read_all(&disk.disk);
    if (size > 1)
        damage_and_read(&disk, bytes, size);
    fuzz_disk_deinit(&disk);
    return 0;
}
