#include "collector/store/segment_pack.h"

#include "collector/store/disk_plain.h"
#include "collector/store/segment_list.h"
#include "collector/store/zstd_file.h"
#include "collector/store/zstd_writer.h"
#include "common/limits.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The last rows are a frame of their own, so that segment_time_last() decompresses no more. */
#define LAST_BYTES 49152U

/* So that nobody who syncs another file waits for more than that to be written. */
#define SYNC_BYTES (UINT64_C(1) << 20)

#define NEW_SUFFIX ".new"

enum phase { PHASE_BEGIN, PHASE_WRITE, PHASE_COMPARE, PHASE_DONE };

struct segment_pack {
    const struct disk *disk;
    char name[NAME_MAX + 1]; /* of the segment */
    char compressed_name[NAME_MAX + 1];
    char new_name[NAME_MAX + 1];
    bool has_new; /* there is a file of that name */
    enum phase phase;
    int file; /* the segment */
    struct disk_status status;
    uint64_t offset; /* in it, up to which it is written, or compared */
    int compressed;  /* the other file; -1: not open */
    struct disk_status compressed_status;
    struct zstd_writer writer; /* while it is written */
    uint64_t synced;
    struct zstd_file *reader; /* while it is compared */
    char content[COMPRESSED_CONTENT_MAX];
    char read_back[COMPRESSED_CONTENT_MAX];
};

/* ---- finding ---- */

static void name_new(const char *name, uint64_t number, char *file_name)
{
    segment_list_compressed_name(name, number, file_name);
    size_t len = strlen(file_name);
    snprintf(file_name + len, NAME_MAX + 1 - len, NEW_SUFFIX);
}

static bool is_to_do(const struct disk *disk, const char *name, uint64_t number, int64_t before_ms)
{
    char file_name[NAME_MAX + 1];
    struct disk_status status;

    segment_list_name(name, number, file_name);
    return disk_look(disk, file_name, &status) == 0 && status.regular && status.modified_ms < before_ms;
}

/* 1: place->number is one; 0: the series has none behind the place. */
static int find_in_series(struct segment_pack_place *place, const struct disk *disk, const char *name,
                          int64_t before_ms)
{
    struct segment_list list;
    bool is_found = false;

    int rc = segment_list_read(&list, disk, name);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < list.count && !is_found; i++) {
        if (list.numbers[i] <= place->number)
            continue;
        place->number = list.numbers[i];
        is_found = is_to_do(disk, name, list.numbers[i], before_ms);
    }
    segment_list_free(&list);
    return is_found;
}

int segment_pack_find(struct segment_pack_place *place, const struct disk *disk, const char *const *names,
                      unsigned count, int64_t before_ms)
{
    int rc = 0;

    while (place->series < count) {
        rc = find_in_series(place, disk, names[place->series], before_ms);
        if (rc != 0)
            return rc;
        *place = (struct segment_pack_place){place->series + 1, 0};
    }
    *place = (struct segment_pack_place){0, 0};
    return 0;
}

struct cleaning {
    const struct disk *disk;
    const char *name;
};

static int segment_pack_on_name(const char *file_name, void *arg)
{
    const struct cleaning *cleaning = arg;
    size_t len = strlen(cleaning->name);
    const char *suffix = strstr(file_name, ".csv" DISK_PLAIN_SUFFIX NEW_SUFFIX);
    bool is_new = suffix != NULL && strcmp(suffix, ".csv" DISK_PLAIN_SUFFIX NEW_SUFFIX) == 0;

    if (!is_new || strncmp(file_name, cleaning->name, len) != 0 || file_name[len] != '-')
        return 0;
    return disk_remove(cleaning->disk, file_name);
}

int segment_pack_clean(const struct disk *disk, const char *name)
{
    struct cleaning cleaning = {disk, name};

    return disk_list(disk, segment_pack_on_name, &cleaning);
}

/* ---- the two files ---- */

static void close_compressed(struct segment_pack *pack)
{
    zstd_file_free(pack->reader);
    pack->reader = NULL;
    zstd_writer_deinit(&pack->writer);
    if (pack->compressed >= 0)
        (void)disk_close(pack->disk, pack->compressed);
    pack->compressed = -1;
}

static void remove_new(struct segment_pack *pack)
{
    if (pack->has_new)
        (void)disk_remove(pack->disk, pack->new_name);
    pack->has_new = false;
}

/* Returns how many bytes of the segment there are, at most len, or a negative errno. */
static ssize_t read_segment(struct segment_pack *pack, size_t len)
{
    size_t used = 0;

    while (used < len) {
        ssize_t got = disk_read(pack->disk, pack->file, pack->content + used, len - used, pack->offset + used);
        if (got < 0)
            return got;
        if (got == 0)
            break;
        used += (size_t)got;
    }
    return (ssize_t)used;
}

/* ---- comparing ---- */

static int begin_writing(struct segment_pack *pack);

static int begin_comparing(struct segment_pack *pack, const char *name)
{
    close_compressed(pack);
    pack->compressed = disk_open(pack->disk, name, DISK_READ);
    if (pack->compressed < 0)
        return pack->compressed;
    int rc = disk_status(pack->disk, pack->compressed, &pack->compressed_status);
    if (rc == 0)
        rc = zstd_file_new(&pack->reader, pack->disk, pack->compressed);
    pack->phase = PHASE_COMPARE;
    pack->offset = 0;
    return rc == 0 ? 1 : rc;
}

/* Not the file that was written just now: -EBADMSG. One that was found, which somebody else may have made, is replaced.
 */
static int begin_again(struct segment_pack *pack)
{
    return pack->has_new ? -EBADMSG : begin_writing(pack);
}

/* The segment may have been deleted for its age since this began. */
static int check_segment(const struct segment_pack *pack)
{
    struct disk_status status;

    int rc = disk_look(pack->disk, pack->name, &status);
    return rc == 0 && status.inode != pack->status.inode ? -ESTALE : rc;
}

/* Both have the same content. */
static int give_name(struct segment_pack *pack)
{
    int rc = check_segment(pack);

    if (rc == 0 && pack->has_new)
        rc = disk_rename(pack->disk, pack->new_name, pack->compressed_name);
    else if (rc == 0)
        rc = disk_sync_all(pack->disk, pack->compressed);
    if (rc < 0)
        return rc;
    pack->has_new = false;
    rc = disk_sync_names(pack->disk);
    if (rc == 0)
        pack->phase = PHASE_DONE;
    return rc;
}

static int compare(struct segment_pack *pack)
{
    ssize_t got = zstd_file_read(pack->reader, pack->read_back, sizeof pack->read_back, pack->offset);

    if (got < 0)
        return (int)got;
    ssize_t found = read_segment(pack, got > 0 ? (size_t)got : 1); /* where one ends, the other must end, too */
    if (found < 0)
        return (int)found;
    if (found != got || memcmp(pack->content, pack->read_back, (size_t)got) != 0)
        return begin_again(pack);
    pack->offset += (uint64_t)got;
    return got > 0 ? 1 : give_name(pack);
}

/* ---- writing ---- */

static int begin_writing(struct segment_pack *pack)
{
    close_compressed(pack);
    pack->compressed = disk_open(pack->disk, pack->new_name, DISK_OVERWRITE);
    if (pack->compressed < 0)
        return pack->compressed;
    pack->has_new = true;
    pack->phase = PHASE_WRITE;
    pack->offset = 0;
    pack->synced = 0;
    int rc = zstd_writer_init(&pack->writer, pack->disk, pack->compressed);
    return rc == 0 ? 1 : rc;
}

static int end_writing(struct segment_pack *pack)
{
    int rc = zstd_writer_end(&pack->writer);

    if (rc == 0)
        rc = disk_set_modified(pack->disk, pack->compressed, pack->status.modified_ms);
    if (rc == 0)
        rc = disk_sync_all(pack->disk, pack->compressed);
    if (rc < 0)
        return rc;
    (void)disk_drop_cache(pack->disk, pack->compressed, 0, 0); /* what is compared comes from the medium */
    return begin_comparing(pack, pack->new_name);
}

/* How many bytes the next frame has at most. The last one has LAST_BYTES, or up to twice as many. */
static size_t next_len(const struct segment_pack *pack)
{
    uint64_t left = pack->offset < pack->status.size ? pack->status.size - pack->offset : 0;

    if (left <= UINT64_C(2) * LAST_BYTES)
        return (size_t)left;
    left -= LAST_BYTES;
    return left < COMPRESSED_CONTENT_MAX ? (size_t)left : COMPRESSED_CONTENT_MAX;
}

/* Frames end with a line, where there is one, so that damage to a frame costs no row of the next. */
static size_t whole_lines(const struct segment_pack *pack, size_t len)
{
    const char *newline = memrchr(pack->content, '\n', len);

    return newline != NULL ? (size_t)(newline - pack->content) + 1 : len;
}

static int sync_some(struct segment_pack *pack)
{
    if (zstd_writer_len(&pack->writer) - pack->synced < SYNC_BYTES)
        return 0;
    pack->synced = zstd_writer_len(&pack->writer);
    return disk_sync(pack->disk, pack->compressed);
}

static int write_frame(struct segment_pack *pack)
{
    ssize_t got = read_segment(pack, next_len(pack));

    if (got <= 0)
        return got < 0 ? (int)got : end_writing(pack);
    size_t len = whole_lines(pack, (size_t)got);
    int rc = zstd_writer_put(&pack->writer, pack->content, len);
    pack->offset += len;
    if (rc == 0)
        rc = sync_some(pack);
    return rc == 0 ? 1 : rc;
}

/* ---- steps ---- */

static int begin(struct segment_pack *pack)
{
    int rc = begin_comparing(pack, pack->compressed_name);

    return rc == -ENOENT ? begin_writing(pack) : rc;
}

int segment_pack_step(struct segment_pack *pack)
{
    switch (pack->phase) {
    case PHASE_BEGIN:
        return begin(pack);
    case PHASE_WRITE:
        return write_frame(pack);
    case PHASE_COMPARE:
        return compare(pack);
    default:
        return 0;
    }
}

int segment_pack_end(struct segment_pack *pack)
{
    struct disk_status status;

    int rc = disk_look(pack->disk, pack->compressed_name, &status);
    if (rc == 0 && (status.inode != pack->compressed_status.inode || status.size != pack->compressed_status.size))
        rc = -ESTALE;
    if (rc == 0)
        rc = disk_remove(pack->disk, pack->name);
    return rc == 0 ? disk_sync_names(pack->disk) : rc;
}

uint64_t segment_pack_content_len(const struct segment_pack *pack)
{
    return pack->status.size;
}

uint64_t segment_pack_len(const struct segment_pack *pack)
{
    return pack->compressed_status.size;
}

/* ---- begin and end ---- */

int segment_pack_new(struct segment_pack **pack, const struct disk *disk, const char *name, uint64_t number)
{
    struct segment_pack *made = malloc(sizeof *made);

    if (made == NULL)
        return -ENOMEM;
    made->disk = disk;
    segment_list_name(name, number, made->name);
    segment_list_compressed_name(name, number, made->compressed_name);
    name_new(name, number, made->new_name);
    made->has_new = false;
    made->phase = PHASE_BEGIN;
    made->compressed = -1;
    made->writer = (struct zstd_writer){0};
    made->reader = NULL;
    made->file = disk_open(disk, made->name, DISK_READ);
    int rc = made->file < 0 ? made->file : disk_status(disk, made->file, &made->status);
    if (rc < 0)
        segment_pack_free(made);
    else
        *pack = made;
    return rc;
}

void segment_pack_free(struct segment_pack *pack)
{
    if (pack == NULL)
        return;
    close_compressed(pack);
    remove_new(pack);
    if (pack->file >= 0)
        (void)disk_close(pack->disk, pack->file);
    free(pack);
}
