/* Pure. Encodes messages as bytes and decodes them. For their meaning see proto/PROTOCOL.md. */
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

/* Memory for one decoded message, reused by each wire_decode(). */
struct wire_arena {
    uint8_t *base;
    size_t size;
    size_t used;
    size_t last; /* start of the newest block, the only one that can be freed */
};

int wire_arena_init(struct wire_arena *arena); /* 0 or -ENOMEM */
void wire_arena_deinit(struct wire_arena *arena);

/* Allocates from the arena, in addition to the decoded message, until the next wire_decode(). NULL: full. */
void *wire_arena_alloc(struct wire_arena *arena, size_t size);

/* Decodes one message. Returns 0, and *frame lives in the arena until the next call; -EBADMSG: not a Frame with
 * exactly one known body, or a string that is not UTF-8; -ENOBUFS: larger than the arena. */
int wire_decode(struct wire_arena *arena, struct bytes message, Headroom__Frame **frame);

/* Writes a frame, head and message, to buf. Returns its length, or 0 if it does not fit into size bytes, or the message
 * not into a frame. */
size_t wire_encode(const Headroom__Frame *frame, uint8_t *buf, size_t size);

/* Samples between wire and memory. Values are not checked; sample_clean() does that. */
void wire_get_sample(const Headroom__Sample *message, struct sample *sample);
void wire_put_sample(const struct sample *sample, Headroom__Sample *message);

#endif
