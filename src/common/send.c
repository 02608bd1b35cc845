#include "common/send.h"

int send_bytes(uv_write_t *request, uv_stream_t *stream, const uint8_t *data, size_t len, uv_write_cb cb)
{
    uv_buf_t buf = uv_buf_init((char *)data, (unsigned)len);
    int written = uv_try_write(stream, &buf, 1);

    if (written < 0 && written != UV_EAGAIN)
        return written;
    if (written > 0)
        buf = uv_buf_init((char *)data + written, (unsigned)(len - (size_t)written));
    return buf.len == 0 ? 1 : uv_write(request, stream, &buf, 1, cb);
}
