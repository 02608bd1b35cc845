#include "common/locked_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_TRIES 4U
#define OPEN_FLAGS (O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW)

static int open_and_lock(const char *path, int flags)
{
    int fd = open(path, flags, 0600);

    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    int rc = errno == EWOULDBLOCK ? -EBUSY : -errno;
    close(fd);
    return rc;
}

static bool has_name(int fd, const char *path)
{
    struct stat own, named;

    return fstat(fd, &own) == 0 && stat(path, &named) == 0 && own.st_dev == named.st_dev && own.st_ino == named.st_ino;
}

/* The name may have been given to another file between open() and flock(). */
int locked_file_open(const char *path)
{
    for (unsigned i = 0; i < OPEN_TRIES; i++) {
        int fd = open_and_lock(path, OPEN_FLAGS);
        if (fd < 0 || has_name(fd, path))
            return fd;
        close(fd);
    }
    return -EBUSY;
}

int locked_file_create(const char *path)
{
    return open_and_lock(path, OPEN_FLAGS | O_TRUNC);
}

int locked_file_sync_name(const char *path)
{
    char folder[PATH_MAX];

    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    int fd = open(folder[0] != '\0' ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int rc = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return rc;
}

int locked_file_rename(const char *from, const char *to)
{
    return rename(from, to) < 0 ? -errno : locked_file_sync_name(to);
}
