/* Pure. A directory on a disk, accessed through a table of functions: disk_posix implements it for real disks, and the
 * fleet simulation for disks that lose power.
 *
 * Synchronous: for a worker thread or the start. Files are named within the folder and, once open, known by a number
 * that is not negative, as descriptors are. All calls return 0 (or the number, or the count of bytes) or a negative
 * errno; they retry what a signal interrupts. */
#ifndef COMMON_DISK_H
#define COMMON_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct disk;

enum disk_mode {
    DISK_READ,
    DISK_APPEND,      /* also for reading; created when it is missing */
    DISK_OVERWRITE,   /* emptied, or created */
    DISK_CREATE,      /* must not exist */
    DISK_LOCKED,      /* for reading and writing by one process at a time (locked_file.h); created when it is missing */
    DISK_LOCKED_EMPTY /* the same, and emptied */
};

struct disk_status {
    uint64_t size;
    uint64_t device; /* with inode: which file it is */
    uint64_t inode;
    int64_t modified_ms; /* Unix time */
    int64_t born_ms;     /* Unix time; now, where the file system does not say */
    bool regular;
};

/* Returns 0, or a negative errno that ends the list. */
typedef int disk_name_cb(const char *name, void *arg);

struct disk_calls {
    int (*open)(const struct disk *disk, const char *name, enum disk_mode mode);
    int (*close)(const struct disk *disk, int file);
    ssize_t (*read)(const struct disk *disk, int file, void *data, size_t size, uint64_t offset);
    int (*write)(const struct disk *disk, int file, const void *data, size_t len, uint64_t offset);
    int (*sync)(const struct disk *disk, int file, bool data_only);
    int (*truncate)(const struct disk *disk, int file, uint64_t len);
    int (*allocate)(const struct disk *disk, int file, uint64_t len);
    int (*set_modified)(const struct disk *disk, int file, int64_t modified_ms);
    int (*drop_cache)(const struct disk *disk, int file, uint64_t offset, uint64_t len);
    int (*status)(const struct disk *disk, int file, struct disk_status *status);
    int (*look)(const struct disk *disk, const char *name, struct disk_status *status);
    int (*rename)(const struct disk *disk, const char *from, const char *to);
    int (*remove)(const struct disk *disk, const char *name);
    int (*list)(const struct disk *disk, disk_name_cb *cb, void *arg);
    int (*sync_names)(const struct disk *disk);
    int64_t (*wall_ms)(const struct disk *disk);
    uint64_t (*mono_us)(const struct disk *disk);
};

struct disk {
    const struct disk_calls *calls;
    int dir_fd;    /* of disk_posix */
    void *context; /* of any other one */
};

static inline int disk_open(const struct disk *disk, const char *name, enum disk_mode mode)
{
    return disk->calls->open(disk, name, mode);
}

static inline int disk_close(const struct disk *disk, int file)
{
    return disk->calls->close(disk, file);
}

/* Returns how many bytes were read, at most size; 0 at the end of the file. */
static inline ssize_t disk_read(const struct disk *disk, int file, void *data, size_t size, uint64_t offset)
{
    return disk->calls->read(disk, file, data, size, offset);
}

/* Writes all data at that offset, or at the end of a file that is open for appending. After an error a part may be
 * written. */
static inline int disk_write(const struct disk *disk, int file, const void *data, size_t len, uint64_t offset)
{
    return disk->calls->write(disk, file, data, len, offset);
}

/* fdatasync: the content, and what is needed to read it. */
static inline int disk_sync(const struct disk *disk, int file)
{
    return disk->calls->sync(disk, file, true);
}

/* fsync: all there is to know about the file. */
static inline int disk_sync_all(const struct disk *disk, int file)
{
    return disk->calls->sync(disk, file, false);
}

static inline int disk_truncate(const struct disk *disk, int file, uint64_t len)
{
    return disk->calls->truncate(disk, file, len);
}

/* Gives the first len bytes of the file their blocks, so that a mapping of them can be written on a full disk. */
static inline int disk_allocate(const struct disk *disk, int file, uint64_t len)
{
    return disk->calls->allocate(disk, file, len);
}

/* Makes that the time at which the file was last written, as of a copy. */
static inline int disk_set_modified(const struct disk *disk, int file, int64_t modified_ms)
{
    return disk->calls->set_modified(disk, file, modified_ms);
}

/* Advice: the next read of these bytes, which are synced, comes from the medium. len 0: to the end. */
static inline int disk_drop_cache(const struct disk *disk, int file, uint64_t offset, uint64_t len)
{
    return disk->calls->drop_cache(disk, file, offset, len);
}

static inline int disk_status(const struct disk *disk, int file, struct disk_status *status)
{
    return disk->calls->status(disk, file, status);
}

/* The status of the file of that name; -ENOENT: there is none. */
static inline int disk_look(const struct disk *disk, const char *name, struct disk_status *status)
{
    return disk->calls->look(disk, name, status);
}

/* Replaces a file that has the new name. */
static inline int disk_rename(const struct disk *disk, const char *from, const char *to)
{
    return disk->calls->rename(disk, from, to);
}

static inline int disk_remove(const struct disk *disk, const char *name)
{
    return disk->calls->remove(disk, name);
}

/* Calls cb with each name in the folder, in any order. Returns its first negative value. */
static inline int disk_list(const struct disk *disk, disk_name_cb *cb, void *arg)
{
    return disk->calls->list(disk, cb, arg);
}

/* Makes created, renamed and removed names durable. */
static inline int disk_sync_names(const struct disk *disk)
{
    return disk->calls->sync_names(disk);
}

/* The clock that the times of files are taken from: Unix time, and it can step. */
static inline int64_t disk_wall_ms(const struct disk *disk)
{
    return disk->calls->wall_ms(disk);
}

/* Monotonic. */
static inline uint64_t disk_mono_us(const struct disk *disk)
{
    return disk->calls->mono_us(disk);
}

#endif
