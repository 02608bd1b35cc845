#include "collector/store/disk_plain.h"

#include "collector/store/zstd_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static struct disk_plain *plain_of(const struct disk *disk)
{
    return disk->context;
}

/* ---- the files that are open ---- */

/* The place of a compressed file; that of -1 is a free one. NULL: there is none. */
static struct disk_plain_file *find(struct disk_plain *plain, int file)
{
    for (unsigned i = 0; i < DISK_PLAIN_OPEN_MAX; i++)
        if (plain->open[i].file == file)
            return &plain->open[i];
    return NULL;
}

static bool is_compressed(const char *name)
{
    size_t len = strlen(name);
    size_t suffix = strlen(DISK_PLAIN_SUFFIX);

    return len > suffix && strcmp(name + len - suffix, DISK_PLAIN_SUFFIX) == 0;
}

/* Opens a file of the disk below whose name says that it is compressed. */
static int open_compressed(struct disk_plain *plain, const char *name)
{
    struct disk_plain_file *place = find(plain, -1);

    if (place == NULL)
        return -EMFILE;
    int file = disk_open(plain->below, name, DISK_READ);
    if (file < 0)
        return file;
    int rc = zstd_file_new(&place->zstd, plain->below, file);
    if (rc < 0) {
        (void)disk_close(plain->below, file);
        return rc;
    }
    place->file = file;
    return file;
}

static int plain_open(const struct disk *disk, const char *name, enum disk_mode mode)
{
    struct disk_plain *plain = plain_of(disk);
    char compressed[NAME_MAX + 1];

    if (mode == DISK_READ && is_compressed(name))
        return open_compressed(plain, name);
    int file = disk_open(plain->below, name, mode);
    if (file != -ENOENT || mode != DISK_READ || strlen(name) + sizeof DISK_PLAIN_SUFFIX > sizeof compressed)
        return file;
    snprintf(compressed, sizeof compressed, "%s" DISK_PLAIN_SUFFIX, name);
    return open_compressed(plain, compressed);
}

static int plain_close(const struct disk *disk, int file)
{
    struct disk_plain *plain = plain_of(disk);
    struct disk_plain_file *place = find(plain, file);

    if (place != NULL) {
        zstd_file_free(place->zstd);
        *place = (struct disk_plain_file){.file = -1};
    }
    return disk_close(plain->below, file);
}

static ssize_t plain_read(const struct disk *disk, int file, void *data, size_t size, uint64_t offset)
{
    struct disk_plain *plain = plain_of(disk);
    const struct disk_plain_file *place = find(plain, file);

    return place != NULL ? zstd_file_read(place->zstd, data, size, offset)
                         : disk_read(plain->below, file, data, size, offset);
}

static int plain_status(const struct disk *disk, int file, struct disk_status *status)
{
    struct disk_plain *plain = plain_of(disk);
    const struct disk_plain_file *place = find(plain, file);
    int rc = disk_status(plain->below, file, status);

    if (rc == 0 && place != NULL)
        status->size = zstd_file_size(place->zstd);
    return rc;
}

/* The size of the content is in the file, so it is opened. */
static int plain_look(const struct disk *disk, const char *name, struct disk_status *status)
{
    struct disk_plain *plain = plain_of(disk);
    int rc = disk_look(plain->below, name, status);

    if (rc == 0 ? !is_compressed(name) : rc != -ENOENT)
        return rc;
    int file = plain_open(disk, name, DISK_READ);
    if (file < 0)
        return file;
    rc = plain_status(disk, file, status);
    (void)plain_close(disk, file);
    return rc;
}

/* ---- what the disk below does ---- */

static int plain_write(const struct disk *disk, int file, const void *data, size_t len, uint64_t offset)
{
    return disk_write(plain_of(disk)->below, file, data, len, offset);
}

static int plain_sync(const struct disk *disk, int file, bool data_only)
{
    return data_only ? disk_sync(plain_of(disk)->below, file) : disk_sync_all(plain_of(disk)->below, file);
}

static int plain_truncate(const struct disk *disk, int file, uint64_t len)
{
    return disk_truncate(plain_of(disk)->below, file, len);
}

static int plain_allocate(const struct disk *disk, int file, uint64_t len)
{
    return disk_allocate(plain_of(disk)->below, file, len);
}

static int plain_set_modified(const struct disk *disk, int file, int64_t modified_ms)
{
    return disk_set_modified(plain_of(disk)->below, file, modified_ms);
}

static int plain_drop_cache(const struct disk *disk, int file, uint64_t offset, uint64_t len)
{
    return disk_drop_cache(plain_of(disk)->below, file, offset, len);
}

static int plain_rename(const struct disk *disk, const char *from, const char *to)
{
    return disk_rename(plain_of(disk)->below, from, to);
}

static int plain_remove(const struct disk *disk, const char *name)
{
    return disk_remove(plain_of(disk)->below, name);
}

static int plain_list(const struct disk *disk, disk_name_cb *cb, void *arg)
{
    return disk_list(plain_of(disk)->below, cb, arg);
}

static int plain_sync_names(const struct disk *disk)
{
    return disk_sync_names(plain_of(disk)->below);
}

static int64_t plain_wall_ms(const struct disk *disk)
{
    return disk_wall_ms(plain_of(disk)->below);
}

static uint64_t plain_mono_us(const struct disk *disk)
{
    return disk_mono_us(plain_of(disk)->below);
}

void disk_plain_init(struct disk_plain *plain, const struct disk *below)
{
    static const struct disk_calls calls = {
        .open = plain_open,
        .close = plain_close,
        .read = plain_read,
        .write = plain_write,
        .sync = plain_sync,
        .truncate = plain_truncate,
        .allocate = plain_allocate,
        .set_modified = plain_set_modified,
        .drop_cache = plain_drop_cache,
        .status = plain_status,
        .look = plain_look,
        .rename = plain_rename,
        .remove = plain_remove,
        .list = plain_list,
        .sync_names = plain_sync_names,
        .wall_ms = plain_wall_ms,
        .mono_us = plain_mono_us,
    };

    *plain = (struct disk_plain){.disk = {.calls = &calls, .context = plain}, .below = below};
    for (unsigned i = 0; i < DISK_PLAIN_OPEN_MAX; i++)
        plain->open[i].file = -1;
}
