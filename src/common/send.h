/* Writes to a TCP socket: at once as much as it accepts, which saves a turn of the loop, and the rest with a write
 * request. */
#ifndef COMMON_SEND_H
#define COMMON_SEND_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* Returns 1: everything is written, cb is never called. 0: `request` writes the rest; data must stay valid until cb. A
 * negative errno: failed, cb is never called. */
int send_bytes(uv_write_t *request, uv_stream_t *stream, const uint8_t *data, size_t len, uv_write_cb cb);

/* The same, but the rest is copied, so data need not stay valid, and only a peer that does not read costs memory.
 * -ENOMEM: no memory for the copy. cb gets 0 or a negative errno. */
typedef void send_cb(int status, void *arg);
int send_copied(uv_stream_t *stream, const uint8_t *data, size_t len, send_cb *cb, void *arg);

#endif
