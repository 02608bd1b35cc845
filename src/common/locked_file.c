#include "common/locked_file.h"

#include "common/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_TRIES 4U

static int open_and_lock(int dir_fd, const char *name)
{
    int fd = regular_file_open(dir_fd, name, O_RDWR | O_CREAT, 0600);

    if (fd < 0)
        return fd;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    int rc = errno == EWOULDBLOCK ? -EBUSY : -errno;
    close(fd);
    return rc;
}

static bool has_name(int fd, int dir_fd, const char *name)
{
    struct stat own, named;

    return fstat(fd, &own) == 0 && fstatat(dir_fd, name, &named, 0) == 0 && own.st_dev == named.st_dev &&
           own.st_ino == named.st_ino;
}

/* The name may have been given to another file between open() and flock(). */
int locked_file_open(int dir_fd, const char *name)
{
    for (unsigned i = 0; i < OPEN_TRIES; i++) {
        int fd = open_and_lock(dir_fd, name);
        if (fd < 0 || has_name(fd, dir_fd, name))
            return fd;
        close(fd);
    }
    return -EBUSY;
}

int locked_file_create(int dir_fd, const char *name)
{
    int fd = open_and_lock(dir_fd, name);

    if (fd < 0 || ftruncate(fd, 0) == 0)
        return fd;
    int rc = -errno;
    close(fd);
    return rc;
}
