#include "common/tcp_input.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

ssize_t tcp_input_read(const uv_tcp_t *tcp, void *buffer, size_t size)
{
    uv_os_fd_t fd = -1;
    ssize_t len = uv_fileno((const uv_handle_t *)tcp, &fd);

    if (len < 0)
        return len;
    do
        len = recv(fd, buffer, size, MSG_DONTWAIT);
    while (len < 0 && errno == EINTR);
    return len < 0 ? -errno : len;
}

bool tcp_input_waits(const uv_tcp_t *tcp)
{
    uv_os_fd_t fd = -1;
    int len = 0;

    return uv_fileno((const uv_handle_t *)tcp, &fd) == 0 && ioctl(fd, FIONREAD, &len) == 0 && len > 0;
}
