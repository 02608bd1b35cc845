/* A disk that hangs when a test says so, for the real collector: what it writes and syncs is wrapped by the linker
 * (--wrap). As long as there is a file of the name HEADROOM_DISK_STALL, these calls do not return. */
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#define LOOK_US 10000

ssize_t __real_pwrite(int fd, const void *data, size_t len, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t offset);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __real_fsync(int fd);
int __wrap_fsync(int fd);

static void hang(void)
{
    const char *path = getenv("HEADROOM_DISK_STALL");

    while (path != NULL && access(path, F_OK) == 0)
        usleep(LOOK_US);
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t offset)
{
    hang();
    return __real_pwrite(fd, data, len, offset);
}

int __wrap_fdatasync(int fd)
{
    hang();
    return __real_fdatasync(fd);
}

int __wrap_fsync(int fd)
{
    hang();
    return __real_fsync(fd);
}
