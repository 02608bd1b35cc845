#include "common/send.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Returns how much the socket accepted, 0 to len, or a negative errno. Without libuv, which would use write(2): send(2)
 * does less in the kernel. */
static ssize_t try_send(const uv_stream_t *stream, const uint8_t *data, size_t len)
{
    uv_os_fd_t fd = -1;
    ssize_t sent = 0;
    int rc = uv_fileno((const uv_handle_t *)stream, &fd);

    if (rc < 0)
        return rc;
    if (uv_stream_get_write_queue_size(stream) > 0)
        return 0;
    do
        sent = send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return sent;
    return errno == EAGAIN || errno == ENOBUFS ? 0 : -errno;
}

int send_bytes(uv_write_t *request, uv_stream_t *stream, const uint8_t *data, size_t len, uv_write_cb cb)
{
    ssize_t written = try_send(stream, data, len);

    if (written < 0)
        return (int)written;
    uv_buf_t buf = uv_buf_init((char *)data + written, (unsigned)(len - (size_t)written));
    return buf.len == 0 ? 1 : uv_write(request, stream, &buf, 1, cb);
}

struct rest {
    uv_write_t write;
    send_cb *cb;
    void *arg;
    char data[];
};

static void send_on_rest(uv_write_t *write, int status)
{
    struct rest *rest = write->data;
    send_cb *cb = rest->cb;
    void *arg = rest->arg;

    free(rest);
    cb(status, arg);
}

int send_copied(uv_stream_t *stream, const uint8_t *data, size_t len, send_cb *cb, void *arg)
{
    ssize_t written = try_send(stream, data, len);

    if (written < 0)
        return (int)written;
    len -= (size_t)written;
    if (len == 0)
        return 1;
    struct rest *rest = malloc(sizeof *rest + len);
    if (rest == NULL)
        return UV_ENOMEM;
    rest->cb = cb;
    rest->arg = arg;
    rest->write.data = rest;
    memcpy(rest->data, data + written, len);
    uv_buf_t buf = uv_buf_init(rest->data, (unsigned)len);
    int rc = uv_write(&rest->write, stream, &buf, 1, send_on_rest);
    if (rc < 0)
        free(rest);
    return rc;
}
