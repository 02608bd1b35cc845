#include "world/world_disk.h"

#include "world/world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct world_disk *of(const struct disk *disk)
{
    return disk->context;
}

static int64_t wall_ms(const struct world_disk *disk)
{
    return WORLD_WALL_START_MS + (int64_t)disk->world->now_ms + disk->world->collector.wall_shift_ms;
}

/* ---- files by name ---- */

static int find(const struct world_disk *disk, const char *name)
{
    for (unsigned i = 0; i < WORLD_FILES_MAX; i++)
        if (strcmp(disk->files[i].name, name) == 0)
            return (int)i;
    return -ENOENT;
}

static void clear(struct world_file *file)
{
    free(file->data);
    *file = (struct world_file){0};
}

/* The name goes; an open file stays until it is closed. */
static void unlink_file(struct world_file *file)
{
    file->name[0] = '\0';
    if (!file->open)
        clear(file);
}

static int make(struct world_disk *disk, const char *name)
{
    for (unsigned i = 0; i < WORLD_FILES_MAX; i++) {
        struct world_file *file = &disk->files[i];
        if (file->name[0] != '\0' || file->open)
            continue;
        if (strlen(name) >= sizeof file->name)
            return -ENAMETOOLONG;
        strcpy(file->name, name);
        file->inode = ++disk->inodes;
        file->modified_ms = wall_ms(disk);
        return (int)i;
    }
    return -ENOSPC;
}

static int disk_on_open(const struct disk *disk, const char *name, enum disk_mode mode)
{
    struct world_disk *mine = of(disk);
    int at = find(mine, name);

    if (at >= 0 && mode == DISK_CREATE)
        return -EEXIST;
    if (at < 0 && mode == DISK_READ)
        return at;
    if (at < 0)
        at = make(mine, name);
    if (at < 0)
        return at;
    if (mode == DISK_OVERWRITE || mode == DISK_LOCKED_EMPTY)
        mine->files[at].len = 0;
    mine->files[at].open = true;
    return at;
}

static int disk_on_close(const struct disk *disk, int file)
{
    struct world_file *mine = &of(disk)->files[file];

    mine->open = false;
    if (mine->name[0] == '\0')
        clear(mine);
    return 0;
}

/* ---- content ---- */

static ssize_t disk_on_read(const struct disk *disk, int file, void *data, size_t size, uint64_t offset)
{
    const struct world_file *mine = &of(disk)->files[file];

    if (offset >= mine->len)
        return 0;
    size_t len = mine->len - (size_t)offset < size ? mine->len - (size_t)offset : size;
    memcpy(data, mine->data + offset, len);
    return (ssize_t)len;
}

static int disk_on_write(const struct disk *disk, int file, const void *data, size_t len, uint64_t offset)
{
    struct world_disk *mine = of(disk);
    struct world_file *to = &mine->files[file];
    size_t end = (size_t)offset + len;

    if (mine->full)
        return -ENOSPC;
    if (end > to->size) {
        size_t size = end * 2;
        char *grown = realloc(to->data, size);
        if (grown == NULL)
            return -ENOSPC;
        to->data = grown;
        to->size = size;
    }
    memcpy(to->data + offset, data, len);
    to->len = end > to->len ? end : to->len;
    to->modified_ms = wall_ms(mine);
    return 0;
}

static int disk_on_truncate(const struct disk *disk, int file, uint64_t len)
{
    struct world_file *mine = &of(disk)->files[file];

    if (len < mine->len)
        mine->len = (size_t)len;
    return 0;
}

static int disk_on_sync(const struct disk *disk, int file, bool data_only)
{
    (void)disk;
    (void)file;
    (void)data_only;
    return 0;
}

static int disk_on_allocate(const struct disk *disk, int file, uint64_t len)
{
    (void)disk;
    (void)file;
    (void)len;
    return 0;
}

static int disk_on_set_modified(const struct disk *disk, int file, int64_t modified_ms)
{
    of(disk)->files[file].modified_ms = modified_ms;
    return 0;
}

static int disk_on_drop_cache(const struct disk *disk, int file, uint64_t offset, uint64_t len)
{
    (void)disk;
    (void)file;
    (void)offset;
    (void)len;
    return 0;
}

static int disk_on_status(const struct disk *disk, int file, struct disk_status *status)
{
    const struct world_file *mine = &of(disk)->files[file];

    *status = (struct disk_status){.size = mine->len,
                                   .device = 1,
                                   .inode = mine->inode,
                                   .modified_ms = mine->modified_ms,
                                   .born_ms = mine->modified_ms,
                                   .regular = true};
    return 0;
}

/* ---- names ---- */

static int disk_on_look(const struct disk *disk, const char *name, struct disk_status *status)
{
    int at = find(of(disk), name);

    return at < 0 ? at : disk_on_status(disk, at, status);
}

static int disk_on_remove(const struct disk *disk, const char *name)
{
    int at = find(of(disk), name);

    if (at < 0)
        return at;
    unlink_file(&of(disk)->files[at]);
    return 0;
}

static int disk_on_rename(const struct disk *disk, const char *from, const char *to)
{
    struct world_disk *mine = of(disk);
    int at = find(mine, from);

    if (at < 0)
        return at;
    (void)disk_on_remove(disk, to);
    if (strlen(to) >= sizeof mine->files[at].name)
        return -ENAMETOOLONG;
    strcpy(mine->files[at].name, to);
    return 0;
}

static int disk_on_list(const struct disk *disk, disk_name_cb *cb, void *arg)
{
    const struct world_disk *mine = of(disk);
    int rc = 0;

    for (unsigned i = 0; i < WORLD_FILES_MAX && rc >= 0; i++)
        if (mine->files[i].name[0] != '\0')
            rc = cb(mine->files[i].name, arg);
    return rc < 0 ? rc : 0;
}

static int disk_on_sync_names(const struct disk *disk)
{
    (void)disk;
    return 0;
}

static int64_t disk_on_wall_ms(const struct disk *disk)
{
    return wall_ms(of(disk));
}

static uint64_t disk_on_mono_us(const struct disk *disk)
{
    return of(disk)->world->now_ms * 1000;
}

static const struct disk_calls calls = {
    .open = disk_on_open,
    .close = disk_on_close,
    .read = disk_on_read,
    .write = disk_on_write,
    .sync = disk_on_sync,
    .truncate = disk_on_truncate,
    .allocate = disk_on_allocate,
    .set_modified = disk_on_set_modified,
    .drop_cache = disk_on_drop_cache,
    .status = disk_on_status,
    .look = disk_on_look,
    .rename = disk_on_rename,
    .remove = disk_on_remove,
    .list = disk_on_list,
    .sync_names = disk_on_sync_names,
    .wall_ms = disk_on_wall_ms,
    .mono_us = disk_on_mono_us,
};

/* ---- life ---- */

void world_disk_init(struct world_disk *disk, const struct world *world)
{
    *disk = (struct world_disk){.world = world};
    disk->disk = (struct disk){.calls = &calls, .dir_fd = -1, .context = disk};
}

void world_disk_wipe(struct world_disk *disk)
{
    for (unsigned i = 0; i < WORLD_FILES_MAX; i++)
        clear(&disk->files[i]);
}

void world_disk_deinit(struct world_disk *disk)
{
    world_disk_wipe(disk);
}

void world_disk_close_all(struct world_disk *disk)
{
    for (unsigned i = 0; i < WORLD_FILES_MAX; i++)
        if (disk->files[i].open)
            (void)disk_on_close(&disk->disk, (int)i);
}

const char *world_disk_text(const struct world_disk *disk, const char *name, size_t *len)
{
    int at = find(disk, name);

    if (at < 0)
        return NULL;
    *len = disk->files[at].len;
    return disk->files[at].data;
}
