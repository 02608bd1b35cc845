/* Whatever batch_scan() takes, the generic decoder takes too, and reads the same. */
#include "common/batch.h"
#include "fuzz/fuzz.h"
#include "support/frames.h"

#include <string.h>

static bool same_sample(const struct sample *a, const struct sample *b)
{
    for (unsigned m = 0; m < METRIC_COUNT; m++)
        if (sample_has(a, m) && memcmp(&a->value[m], &b->value[m], sizeof a->value[m]) != 0)
            return false;
    return a->seq == b->seq && a->time_ms == b->time_ms && a->uptime_ms == b->uptime_ms && a->present == b->present;
}

static bool same_account(const Headroom__Account *a, const Headroom__Account *b)
{
    return a->produced == b->produced && a->acknowledged == b->acknowledged &&
           a->dropped_outbox_full == b->dropped_outbox_full && a->dropped_spool_damaged == b->dropped_spool_damaged &&
           a->has_dropped_rejected == b->has_dropped_rejected && a->dropped_rejected == b->dropped_rejected &&
           a->has_sent == b->has_sent && a->sent == b->sent;
}

static bool same_loss(const Headroom__Loss *a, const Headroom__Loss *b)
{
    return a->first_seq == b->first_seq && a->last_seq == b->last_seq && a->has_reason == b->has_reason &&
           (!a->has_reason || a->reason == b->reason);
}

static void compare(const struct batch *scanned, const struct batch *taken)
{
    MUST(scanned->sent_uptime_ms == taken->sent_uptime_ms);
    MUST(scanned->count == taken->count && scanned->loss_count == taken->loss_count);
    MUST(scanned->cores == taken->cores && scanned->cpu_milli == taken->cpu_milli);
    MUST(scanned->memory_bytes == taken->memory_bytes);
    MUST(scanned->has_protects == taken->has_protects && scanned->protects == taken->protects);
    MUST((scanned->account == NULL) == (taken->account == NULL));
    MUST(scanned->account == NULL || same_account(scanned->account, taken->account));
    for (size_t i = 0; i < taken->count; i++)
        MUST(same_sample(&scanned->samples[i], &taken->samples[i]));
    for (size_t i = 0; i < taken->loss_count; i++)
        MUST(same_loss(scanned->losses[i], taken->losses[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct wire_arena arenas[2];
    Headroom__Frame *frame = NULL;
    struct batch scanned;
    struct batch taken;

    for (unsigned i = 0; i < 2; i++)
        if (arenas[i].base == NULL)
            MUST(wire_arena_init(&arenas[i]) == 0);
    if (!batch_scan(&arenas[0], (struct bytes){data, size}, &scanned))
        return 0;
    MUST(wire_decode(&arenas[1], (struct bytes){data, size}, &frame) == 0);
    MUST(frame->body_case == HEADROOM__FRAME__BODY_BATCH);
    MUST(batch_take(&arenas[1], frame->batch, &taken) == 0);
    compare(&scanned, &taken);
    return 0;
}

/* Writes the last byte of a number as up to ten bytes of the same value. */
static size_t pad_number(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    size_t at = size > 0 ? seed / 64 % size : 0;
    size_t more = 1 + seed / 16 % 9;

    if (size == 0 || data[at] >= 0x80U || size + more > max_size)
        return size;
    memmove(data + at + 1 + more, data + at + 1, size - at - 1);
    data[at] |= 0x80U;
    memset(data + at + 1, 0x80, more - 1);
    data[at + more] = 0;
    return size + more;
}

/* Begins from a batch with everything in it, since chance alone finds none. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    static const uint8_t whole[] =
        "\x12\x3d\x08\x80\x80\x01\x12\x0d\x08\x01\x10\x01\x18\x01\x25\x00\x00\x80\x3f\x28\x07\x12\x06\x08\x02\x10\x02"
        "\x18\x02\x1a\x0c\x08\x05\x10\x04\x18\x01\x20\x00\x28\x00\x30\x05\x22\x06\x08\x01\x10\x02\x18\x01\x28\x04\x30"
        "\x80"
        "\x80\x80\x01\x38\x01\x40\xa0\x1f";

    if (seed % 16 == 0 && max_size >= sizeof whole) {
        size = sizeof whole - 1;
        memcpy(data, whole, size);
    }
    if (seed % 4 == 0)
        size = pad_number(data, size, max_size, seed);
    return seed % 32 == 0 ? size : LLVMFuzzerMutate(data, size, max_size);
}
