#include "common/tcp_input.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

ssize_t tcp_input_read(int fd, void *buffer, size_t size)
{
    ssize_t len = 0;

    do
        len = recv(fd, buffer, size, MSG_DONTWAIT);
    while (len < 0 && errno == EINTR);
    return len < 0 ? -errno : len;
}

bool tcp_input_waits(int fd)
{
    int len = 0;

    return ioctl(fd, FIONREAD, &len) == 0 && len > 0;
}
