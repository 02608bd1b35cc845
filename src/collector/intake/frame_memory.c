#include "collector/intake/frame_memory.h"

#include "common/limits.h"

#include <assert.h>
#include <stddef.h>
#include <utlist.h>

static_assert(FRAME_LEN_MAX < 1U << FRAME_MEMORY_SIZES, "the longest frame has a size");

/* The size of 1 byte is 0, that of 2 and 3 is 1, that of 4 to 7 is 2, and so on. */
static unsigned size_of(uint32_t bytes)
{
    return 31U - (unsigned)__builtin_clz(bytes);
}

void frame_memory_note(struct frame_memory *memory, struct frame_memory_member *member, uint32_t bytes)
{
    if (bytes == member->bytes)
        return;
    if (member->bytes > 0)
        DL_DELETE(memory->members[size_of(member->bytes)], member);
    if (bytes > 0)
        DL_APPEND(memory->members[size_of(bytes)], member);
    memory->bytes += bytes;
    memory->bytes -= member->bytes;
    member->bytes = bytes;
}

struct frame_memory_member *frame_memory_excess(const struct frame_memory *memory)
{
    if (memory->bytes <= FRAME_MEMORY_MAX)
        return NULL;
    unsigned size = FRAME_MEMORY_SIZES - 1;
    while (memory->members[size] == NULL)
        size--;
    return memory->members[size];
}
