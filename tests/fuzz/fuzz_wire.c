/* A message that wire_decode() takes has one body: with a second one behind it, it is refused, whatever the two are.
 *
 * The input: where the first message ends, then both. */
#include "common/wire.h"
#include "fuzz/fuzz.h"

#include <string.h>

/* A Batch with a sample, and a Goodbye. */
static const uint8_t pair[] = "\x0c\x12\x0a\x08\x01\x12\x06\x08\x01\x10\x01\x18\x01\x1a\x02\x08\x01";

static struct wire_arena arena;

static bool is_taken(const uint8_t *data, size_t len)
{
    Headroom__Frame *frame = NULL;

    if (wire_decode(&arena, (struct bytes){data, len}, &frame) < 0)
        return false;
    MUST(frame->body_case != HEADROOM__FRAME__BODY__NOT_SET);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t first_len = fuzz_byte(&data, &size);

    if (arena.base == NULL)
        MUST(wire_arena_init(&arena) == 0);
    if (first_len > size)
        first_len = size;
    bool first = is_taken(data, first_len);
    bool second = is_taken(data + first_len, size - first_len);
    MUST(!(first && second && is_taken(data, size)));
    return 0;
}

/* Begins from two messages, since chance alone finds none. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    if (seed % 16 == 0 && max_size >= sizeof pair) {
        size = sizeof pair - 1;
        memcpy(data, pair, size);
    }
    return LLVMFuzzerMutate(data, size, max_size);
}
