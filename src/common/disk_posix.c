#include "common/disk_posix.h"

#include "common/clock.h"
#include "common/file.h"
#include "common/locked_file.h"
#include "common/regular_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define FILE_MODE 0640

static int result(int rc)
{
    return rc < 0 ? -errno : 0;
}

/* ---- files ---- */

static int posix_open(const struct disk *disk, const char *name, enum disk_mode mode)
{
    static const int flags[] = {
        [DISK_READ] = O_RDONLY,
        [DISK_APPEND] = O_RDWR | O_CREAT | O_APPEND,
        [DISK_OVERWRITE] = O_WRONLY | O_CREAT | O_TRUNC,
        [DISK_CREATE] = O_WRONLY | O_CREAT | O_EXCL,
    };

    if (mode == DISK_LOCKED)
        return locked_file_open(disk->dir_fd, name);
    if (mode == DISK_LOCKED_EMPTY)
        return locked_file_create(disk->dir_fd, name);
    return regular_file_open(disk->dir_fd, name, flags[mode], FILE_MODE);
}

static int posix_close(const struct disk *disk, int file)
{
    (void)disk;
    return result(close(file));
}

static ssize_t posix_read(const struct disk *disk, int file, void *data, size_t size, uint64_t offset)
{
    ssize_t got = 0;

    (void)disk;
    do {
        got = pread(file, data, size, (off_t)offset);
    } while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

static int posix_write(const struct disk *disk, int file, const void *data, size_t len, uint64_t offset)
{
    (void)disk;
    return file_write_all(file, data, len, offset);
}

static int posix_sync(const struct disk *disk, int file, bool data_only)
{
    (void)disk;
    return result(data_only ? fdatasync(file) : fsync(file));
}

static int posix_truncate(const struct disk *disk, int file, uint64_t len)
{
    (void)disk;
    return result(ftruncate(file, (off_t)len));
}

static int posix_allocate(const struct disk *disk, int file, uint64_t len)
{
    (void)disk;
    return -posix_fallocate(file, 0, (off_t)len);
}

static int posix_set_modified(const struct disk *disk, int file, int64_t modified_ms)
{
    int64_t seconds = modified_ms / 1000 - (modified_ms % 1000 < 0);
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                      {.tv_sec = seconds, .tv_nsec = (modified_ms - seconds * 1000) * 1000000}};

    (void)disk;
    return result(futimens(file, times));
}

static int posix_drop_cache(const struct disk *disk, int file, uint64_t offset, uint64_t len)
{
    (void)disk;
    return -posix_fadvise(file, (off_t)offset, (off_t)len, POSIX_FADV_DONTNEED);
}

/* ---- status ---- */

static int64_t to_ms(struct statx_timestamp time)
{
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Where the kernel or a seccomp filter has no statx(): the file counts as born now. */
static int look_without_birth(int fd, const char *name, int flags, struct disk_status *status)
{
    struct stat found;

    if (fstatat(fd, name, &found, flags) < 0)
        return -errno;
    *status = (struct disk_status){
        .size = (uint64_t)found.st_size,
        .device = found.st_dev,
        .inode = found.st_ino,
        .modified_ms = (int64_t)found.st_mtim.tv_sec * 1000 + found.st_mtim.tv_nsec / 1000000,
        .born_ms = clock_wall_ms(),
        .regular = S_ISREG(found.st_mode),
    };
    return 0;
}

static int look_at(int fd, const char *name, int flags, struct disk_status *status)
{
    struct statx found;

    if (statx(fd, name, flags, STATX_BASIC_STATS | STATX_BTIME, &found) < 0)
        return errno == EPERM || errno == ENOSYS ? look_without_birth(fd, name, flags, status) : -errno;
    *status = (struct disk_status){
        .size = found.stx_size,
        .device = makedev(found.stx_dev_major, found.stx_dev_minor),
        .inode = found.stx_ino,
        .modified_ms = to_ms(found.stx_mtime),
        .born_ms = (found.stx_mask & STATX_BTIME) != 0 ? to_ms(found.stx_btime) : clock_wall_ms(),
        .regular = S_ISREG(found.stx_mode),
    };
    return 0;
}

static int posix_status(const struct disk *disk, int file, struct disk_status *status)
{
    (void)disk;
    return look_at(file, "", AT_EMPTY_PATH, status);
}

static int posix_look(const struct disk *disk, const char *name, struct disk_status *status)
{
    return look_at(disk->dir_fd, name, AT_SYMLINK_NOFOLLOW, status);
}

/* ---- names ---- */

static int posix_rename(const struct disk *disk, const char *from, const char *to)
{
    return result(renameat(disk->dir_fd, from, disk->dir_fd, to));
}

static int posix_remove(const struct disk *disk, const char *name)
{
    return result(unlinkat(disk->dir_fd, name, 0));
}

static int each_name(DIR *dir, disk_name_cb *cb, void *arg)
{
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(dir);
        if (entry == NULL)
            return -errno; /* 0 at the end */
        int rc = cb(entry->d_name, arg);
        if (rc < 0)
            return rc;
    }
}

static int posix_list(const struct disk *disk, disk_name_cb *cb, void *arg)
{
    int fd = openat(disk->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        int rc = -errno;
        close(fd);
        return rc;
    }
    int rc = each_name(dir, cb, arg);
    closedir(dir);
    return rc;
}

static int posix_sync_names(const struct disk *disk)
{
    return result(fsync(disk->dir_fd));
}

/* ---- clocks ---- */

static int64_t posix_wall_ms(const struct disk *disk)
{
    (void)disk;
    return clock_wall_ms();
}

static uint64_t posix_mono_us(const struct disk *disk)
{
    (void)disk;
    return clock_mono_us();
}

struct disk disk_posix(int dir_fd)
{
    static const struct disk_calls calls = {
        .open = posix_open,
        .close = posix_close,
        .read = posix_read,
        .write = posix_write,
        .sync = posix_sync,
        .truncate = posix_truncate,
        .allocate = posix_allocate,
        .set_modified = posix_set_modified,
        .drop_cache = posix_drop_cache,
        .status = posix_status,
        .look = posix_look,
        .rename = posix_rename,
        .remove = posix_remove,
        .list = posix_list,
        .sync_names = posix_sync_names,
        .wall_ms = posix_wall_ms,
        .mono_us = posix_mono_us,
    };

    return (struct disk){.calls = &calls, .dir_fd = dir_fd};
}
