/* Pure. Bounds the memory of frames that have begun and are not complete, over all connections.
 *
 * A frame that comes in one piece takes no memory, and one in pieces takes it for a moment. Peers that begin large
 * frames and do not end them could take a lot together. When all such frames take more than FRAME_MEMORY_MAX, the
 * largest one has to go, and of those of about its size the oldest: so one that is honest and slow is not the first. */
#ifndef COLLECTOR_INTAKE_FRAME_MEMORY_H
#define COLLECTOR_INTAKE_FRAME_MEMORY_H

#include <stdint.h>

#define FRAME_MEMORY_MAX   ((uint64_t)16 << 20)
#define FRAME_MEMORY_SIZES 19 /* powers of two, up to FRAME_LEN_MAX */

/* Embedded in an intake. All zero: it has no incomplete frame. */
struct frame_memory_member {
    uint32_t bytes;
    struct frame_memory_member *prev; /* utlist */
    struct frame_memory_member *next;
};

/* All zero: there are none. */
struct frame_memory {
    struct frame_memory_member *members[FRAME_MEMORY_SIZES]; /* utlist, by the size of the frame: the oldest first */
    uint64_t bytes;                                          /* of all */
};

/* The member's frame has that much memory now; 0: it is complete, or given up. */
void frame_memory_note(struct frame_memory *memory, struct frame_memory_member *member, uint32_t bytes);

/* The member whose frame has to go; NULL: none has to. */
struct frame_memory_member *frame_memory_excess(const struct frame_memory *memory);

#endif
