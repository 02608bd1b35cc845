/* Closes a libuv handle in any state: never initialised (zeroed memory), open, or already closing. */
#ifndef COMMON_HANDLE_H
#define COMMON_HANDLE_H

#include <uv.h>

static inline void handle_close(void *handle, uv_close_cb cb)
{
    uv_handle_t *base = handle;

    if (base->type != UV_UNKNOWN_HANDLE && !uv_is_closing(base))
        uv_close(base, cb);
}

#endif
