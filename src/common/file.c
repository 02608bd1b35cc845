#include "common/file.h"

#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

int file_write_all(int fd, const void *data, size_t len, uint64_t offset)
{
    const uint8_t *at = data;

    while (len > 0) {
        ssize_t put = pwrite(fd, at, len, (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -errno;
        if (put == 0) /* or this loop would not end */
            return -EIO;
        at += put;
        len -= (size_t)put;
        offset += (uint64_t)put;
    }
    return 0;
}

int file_read_all(int fd, void *data, size_t size, size_t *len)
{
    uint8_t *to = data;
    size_t used = 0;

    while (used < size) {
        ssize_t got = pread(fd, to + used, size - used, (off_t)used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        used += (size_t)got;
    }
    *len = used;
    return 0;
}
