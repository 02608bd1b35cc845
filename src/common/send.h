/* Writes to a socket: at once as far as it takes it, which spares the loop a round; the rest by a write request. */
#ifndef COMMON_SEND_H
#define COMMON_SEND_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* Returns 1: all is written, cb is never called. 0: a write of the rest is under way with `request`, for which data
 * must stay as it is until cb. A negative errno: failed, cb is never called. */
int send_bytes(uv_write_t *request, uv_stream_t *stream, const uint8_t *data, size_t len, uv_write_cb cb);

/* The same for data that need not stay: the rest is copied, so that only a peer that does not read costs memory.
 * -ENOMEM: there is none for it. cb: with 0 or a negative errno. */
typedef void send_cb(int status, void *arg);
int send_copied(uv_stream_t *stream, const uint8_t *data, size_t len, send_cb *cb, void *arg);

#endif
