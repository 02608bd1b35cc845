#include "common/send.h"

#include <stdlib.h>
#include <string.h>

/* Returns how much the socket accepted, 0 to len, or a negative errno. */
static int try_write(uv_stream_t *stream, const uint8_t *data, size_t len)
{
    uv_buf_t buf = uv_buf_init((char *)data, (unsigned)len);
    int written = uv_try_write(stream, &buf, 1);

    return written == UV_EAGAIN ? 0 : written;
}

int send_bytes(uv_write_t *request, uv_stream_t *stream, const uint8_t *data, size_t len, uv_write_cb cb)
{
    int written = try_write(stream, data, len);

    if (written < 0)
        return written;
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
    int written = try_write(stream, data, len);

    if (written < 0)
        return written;
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
