#include "fuzz/fuzz_disk.h"

#include "common/hash.h"
#include "fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

static struct fuzz_disk *of(const struct disk *disk)
{
    return disk->context;
}

static struct fuzz_file *file_of(const struct disk *disk, int file)
{
    struct fuzz_file *found = &of(disk)->files[file];

    MUST(file >= 0 && (unsigned)file < FUZZ_FILES_MAX && found->opens > 0);
    return found;
}

/* ---- files by name ---- */

struct fuzz_file *fuzz_disk_find(struct fuzz_disk *disk, const char *name)
{
    for (unsigned i = 0; i < FUZZ_FILES_MAX; i++)
        if (strcmp(disk->files[i].name, name) == 0 && disk->files[i].inode != 0)
            return &disk->files[i];
    return NULL;
}

static void clear(struct fuzz_file *file)
{
    free(file->data);
    *file = (struct fuzz_file){0};
}

static struct fuzz_file *make(struct fuzz_disk *disk, const char *name)
{
    unsigned i = 0;

    while (i < FUZZ_FILES_MAX && disk->files[i].inode != 0)
        i++;
    MUST(i < FUZZ_FILES_MAX && strlen(name) < FUZZ_NAME_SIZE);
    struct fuzz_file *file = &disk->files[i];
    strcpy(file->name, name);
    file->inode = ++disk->inodes;
    file->modified_ms = FUZZ_DISK_WALL_MS;
    return file;
}

/* The name goes; an open file stays until it is closed. */
static void unlink_file(struct fuzz_file *file)
{
    file->name[0] = '\0';
    if (file->opens == 0)
        clear(file);
}

static int disk_on_open(const struct disk *disk, const char *name, enum disk_mode mode)
{
    struct fuzz_file *file = fuzz_disk_find(of(disk), name);

    if (file != NULL && mode == DISK_CREATE)
        return -EEXIST;
    if (file == NULL && mode == DISK_READ)
        return -ENOENT;
    if (file == NULL)
        file = make(of(disk), name);
    if (mode == DISK_OVERWRITE || mode == DISK_LOCKED_EMPTY)
        file->len = 0;
    file->opens++;
    return (int)(file - of(disk)->files);
}

static int disk_on_close(const struct disk *disk, int file)
{
    struct fuzz_file *mine = file_of(disk, file);

    mine->opens--;
    if (mine->opens == 0 && mine->name[0] == '\0')
        clear(mine);
    return 0;
}

/* ---- content ---- */

static ssize_t disk_on_read(const struct disk *disk, int file, void *data, size_t size, uint64_t offset)
{
    const struct fuzz_file *mine = file_of(disk, file);

    if (offset >= mine->len)
        return 0;
    size_t len = mine->len - (size_t)offset < size ? mine->len - (size_t)offset : size;
    memcpy(data, mine->data + offset, len);
    return (ssize_t)len;
}

static int disk_on_write(const struct disk *disk, int file, const void *data, size_t len, uint64_t offset)
{
    struct fuzz_file *to = file_of(disk, file);
    size_t end = (size_t)offset + len;

    MUST(offset <= to->len); /* nothing leaves a hole */
    if (end > to->size) {
        to->size = end * 2;
        to->data = realloc(to->data, to->size);
        MUST(to->data != NULL);
    }
    if (len > 0)
        memcpy(to->data + offset, data, len);
    to->len = end > to->len ? end : to->len;
    to->modified_ms = FUZZ_DISK_WALL_MS;
    return 0;
}

static int disk_on_truncate(const struct disk *disk, int file, uint64_t len)
{
    struct fuzz_file *mine = file_of(disk, file);

    MUST(len <= mine->len);
    mine->len = (size_t)len;
    return 0;
}

static int disk_on_sync(const struct disk *disk, int file, bool data_only)
{
    (void)data_only;
    (void)file_of(disk, file);
    return 0;
}

static int disk_on_allocate(const struct disk *disk, int file, uint64_t len)
{
    (void)len;
    (void)file_of(disk, file);
    return 0;
}

static int disk_on_set_modified(const struct disk *disk, int file, int64_t modified_ms)
{
    file_of(disk, file)->modified_ms = modified_ms;
    return 0;
}

static int disk_on_drop_cache(const struct disk *disk, int file, uint64_t offset, uint64_t len)
{
    (void)offset;
    (void)len;
    (void)file_of(disk, file);
    return 0;
}

static void fill_status(const struct fuzz_file *file, struct disk_status *status)
{
    *status = (struct disk_status){.size = file->len,
                                   .device = 1,
                                   .inode = file->inode,
                                   .modified_ms = file->modified_ms,
                                   .born_ms = file->modified_ms,
                                   .regular = true};
}

static int disk_on_status(const struct disk *disk, int file, struct disk_status *status)
{
    fill_status(file_of(disk, file), status);
    return 0;
}

/* ---- names ---- */

static int disk_on_look(const struct disk *disk, const char *name, struct disk_status *status)
{
    const struct fuzz_file *file = fuzz_disk_find(of(disk), name);

    if (file == NULL)
        return -ENOENT;
    fill_status(file, status);
    return 0;
}

static int disk_on_remove(const struct disk *disk, const char *name)
{
    struct fuzz_file *file = fuzz_disk_find(of(disk), name);

    if (file == NULL)
        return -ENOENT;
    unlink_file(file);
    return 0;
}

static int disk_on_rename(const struct disk *disk, const char *from, const char *to)
{
    struct fuzz_file *file = fuzz_disk_find(of(disk), from);

    if (file == NULL)
        return -ENOENT;
    (void)disk_on_remove(disk, to);
    MUST(strlen(to) < FUZZ_NAME_SIZE);
    strcpy(file->name, to);
    return 0;
}

static int disk_on_list(const struct disk *disk, disk_name_cb *cb, void *arg)
{
    const struct fuzz_disk *mine = of(disk);
    int rc = 0;

    for (unsigned i = 0; i < FUZZ_FILES_MAX && rc >= 0; i++)
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
    (void)disk;
    return FUZZ_DISK_WALL_MS;
}

static uint64_t disk_on_mono_us(const struct disk *disk)
{
    (void)disk;
    return 0;
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

/* ---- for the fuzzers ---- */

void fuzz_disk_init(struct fuzz_disk *disk)
{
    *disk = (struct fuzz_disk){0};
    disk->disk = (struct disk){.calls = &calls, .dir_fd = -1, .context = disk};
}

void fuzz_disk_deinit(struct fuzz_disk *disk)
{
    for (unsigned i = 0; i < FUZZ_FILES_MAX; i++) {
        MUST(disk->files[i].opens == 0);
        clear(&disk->files[i]);
    }
}

struct fuzz_file *fuzz_disk_put(struct fuzz_disk *disk, const char *name, const char *data, size_t len)
{
    int file = disk_on_open(&disk->disk, name, DISK_OVERWRITE);

    MUST(disk_on_write(&disk->disk, file, data, len, 0) == 0);
    MUST(disk_on_close(&disk->disk, file) == 0);
    return &disk->files[file];
}

uint64_t fuzz_disk_hash(const struct fuzz_disk *disk)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < FUZZ_FILES_MAX; i++) {
        const struct fuzz_file *file = &disk->files[i];
        if (file->name[0] == '\0')
            continue;
        uint64_t hash = hash_fnv1a(hash_fnv1a_begin(), file->name, strlen(file->name) + 1);
        sum += hash_fnv1a(hash, file->data, file->len); /* whatever their order */
    }
    return sum;
}
