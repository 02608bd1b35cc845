/* Batches as the collector takes them: samples one behind the other, in the arena of the message.
 *
 * A Batch in the form in which it is usually sent is scanned without the generic decoder and without an allocation.
 * Whatever is not of that form (other fields, another order, losses, an error) is left to wire_decode(), which alone
 * says what a message means: batch_scan() never takes one that it would refuse or read otherwise. Pure. */
#ifndef COMMON_BATCH_H
#define COMMON_BATCH_H

#include "common/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All of it is valid until the arena is used again. */
struct batch {
    uint64_t sent_uptime_ms;
    size_t count;
    struct sample *samples;           /* no more than BATCH_SAMPLES_MAX of them are there, whatever count is */
    const Headroom__Account *account; /* NULL: none */
    Headroom__Loss *const *losses;
    size_t loss_count;
};

/* Whether the message is a Frame with a Batch of the usual form; only then *batch is set. */
bool batch_scan(struct wire_arena *arena, struct bytes message, struct batch *batch);

/* The same from a message that wire_decode() has put into the arena. 0, or -ENOBUFS: the arena is too small. */
int batch_take(struct wire_arena *arena, const Headroom__Batch *message, struct batch *batch);

#endif
