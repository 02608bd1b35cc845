/* Pure. Parses a Batch into an array of samples, in the arena of the message.
 *
 * A Batch in the form that our agent sends is scanned without the generic decoder and without an allocation. Every
 * other form (unknown fields, another order, an error) is left to wire_decode(), which defines what a message means:
 * batch_scan() accepts nothing that wire_decode() would reject or read differently. */
#ifndef COMMON_BATCH_H
#define COMMON_BATCH_H

#include "common/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Valid until the arena is used again. */
struct batch {
    uint64_t sent_uptime_ms;
    size_t count;
    struct sample *samples;           /* at most BATCH_SAMPLES_MAX of them, even if count is larger */
    const Headroom__Account *account; /* NULL: none */
    Headroom__Loss *const *losses;
    size_t loss_count;
    uint32_t cores;        /* of the node, which have changed; 0: they have not */
    uint32_t cpu_milli;    /* the same */
    uint64_t memory_bytes; /* the same */
    bool has_protects;
    bool protects;
};

/* True if the message is a Frame with a Batch in the form that our agent sends; only then *batch is set. */
bool batch_scan(struct wire_arena *arena, struct bytes message, struct batch *batch);

/* The same from a message that wire_decode() has put into the arena. 0, or -ENOBUFS: the arena is too small. */
int batch_take(struct wire_arena *arena, const Headroom__Batch *message, struct batch *batch);

#endif
