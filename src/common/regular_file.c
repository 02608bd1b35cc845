#include "common/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int judge(int dir_fd, const struct stat *file, bool is_written)
{
    struct stat folder;

    if (S_ISLNK(file->st_mode))
        return -ELOOP;
    if (S_ISDIR(file->st_mode))
        return -EISDIR;
    if (!S_ISREG(file->st_mode))
        return -ENODEV;
    if (is_written && file->st_nlink > 1)
        return -EMLINK;
    if (file->st_uid == geteuid() || file->st_uid == 0)
        return 0;
    if (fstatat(dir_fd, "", &folder, AT_EMPTY_PATH) < 0)
        return -errno;
    return file->st_uid == folder.st_uid ? 0 : -EPERM;
}

static int judge_open(int dir_fd, int fd, int flags)
{
    struct stat file;

    if (fstat(fd, &file) < 0)
        return -errno;
    int rc = judge(dir_fd, &file, (flags & O_ACCMODE) != O_RDONLY);
    if (rc == 0 && (flags & O_TRUNC) != 0 && file.st_size > 0 && ftruncate(fd, 0) < 0)
        rc = -errno;
    return rc;
}

int regular_file_open(int dir_fd, const char *name, int flags, mode_t mode)
{
    int fd = openat(dir_fd, name, (flags & ~O_TRUNC) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode);

    if (fd < 0)
        return errno == ENXIO ? -ENODEV : -errno; /* a socket, or a FIFO that nobody reads */
    int rc = judge_open(dir_fd, fd, flags);
    if (rc < 0)
        close(fd);
    return rc < 0 ? rc : fd;
}

int regular_file_check(int dir_fd, const char *name, bool is_written)
{
    struct stat file;

    if (fstatat(dir_fd, name, &file, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -errno;
    return judge(dir_fd, &file, is_written);
}

const char *regular_file_error(int rc)
{
    switch (rc) {
    case -ELOOP:
        return "it is a symbolic link";
    case -EISDIR:
        return "it is a directory";
    case -ENODEV:
        return "it is a pipe, a socket or a device";
    case -EMLINK:
        return "it has several names (hard links)";
    case -EPERM:
        return "it belongs to another user";
    default:
        return strerror(-rc);
    }
}
