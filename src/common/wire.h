/* Pure. Messages to bytes and back. What each one means stands in proto/PROTOCOL.md. */
#ifndef COMMON_WIRE_H
#define COMMON_WIRE_H

#include "common/frame.h"
#include "common/limits.h"
#include "common/sample.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "headroom.pb-c.h"

#define WIRE_VERSION     1U
#define WIRE_VERSION_MIN 1U

/* Memory for one decoded message, used anew by each wire_decode(). */
struct wire_arena {
    uint8_t *base;
    size_t size;
    size_t used;
    size_t last; /* where the newest block begins: freeing that one gives it back */
};

int wire_arena_init(struct wire_arena *arena); /* 0 or -ENOMEM */
void wire_arena_deinit(struct wire_arena *arena);

/* Memory beside the decoded message, until the next wire_decode(). NULL: there is no room. */
void *wire_arena_alloc(struct wire_arena *arena, size_t size);

/* Decodes one message. On success 0; *frame lives in the arena until the next call. -EBADMSG: not a Frame with a known
 * body, or a string in it is not UTF-8. -ENOBUFS: it is larger than the arena. */
int wire_decode(struct wire_arena *arena, struct bytes message, Headroom__Frame **frame);

/* Writes a frame, head and message, to buf. Returns its length, or 0 if it does not fit into size bytes or into a
 * frame. */
size_t wire_encode(const Headroom__Frame *frame, uint8_t *buf, size_t size);

/* Samples as they are on the wire and in memory. Values are not checked: sample_clean() does that. */
void wire_get_sample(const Headroom__Sample *message, struct sample *sample);
void wire_put_sample(const struct sample *sample, Headroom__Sample *message);

#endif
