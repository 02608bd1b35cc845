/* Whatever batch_scan() takes, the generic decoder takes too, and reads the same. */
#include "common/batch.h"
#include "common/random.h"
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

/* ---- batches to begin from ---- */

/* A message while it is written. */
struct text {
    uint8_t bytes[1024];
    size_t len;
};

static const uint64_t edges[] = {0, 1, 2, 127, 128, 1U << 14, UINT32_MAX, UINT64_C(1) << 32, INT64_MAX, UINT64_MAX};

/* A number as protobuf writes it; at times with more bytes of the same value, which protobuf allows up to a point. */
static void put_number(struct text *text, uint64_t number, uint64_t *random)
{
    unsigned more = random_below(random, 8) == 0 ? (unsigned)random_below(random, 10) : 0;

    for (; number >= 0x80U; number >>= 7)
        text->bytes[text->len++] = (uint8_t)(number | 0x80U);
    text->bytes[text->len++] = (uint8_t)(number | (more > 0 ? 0x80U : 0));
    for (; more > 0; more--)
        text->bytes[text->len++] = more > 1 ? 0x80U : 0;
}

static void put_field(struct text *text, unsigned field, uint64_t *random)
{
    text->bytes[text->len++] = (uint8_t)(field << 3);
    put_number(text, edges[random_below(random, sizeof edges / sizeof edges[0])], random);
}

static void put_part(struct text *text, unsigned field, const struct text *part, uint64_t *random)
{
    text->bytes[text->len++] = (uint8_t)(field << 3 | 2U);
    put_number(text, part->len, random);
    memcpy(text->bytes + text->len, part->bytes, part->len);
    text->len += part->len;
}

/* Fields 1 to the last one of an Account or a Loss; the later ones may be absent. */
static void put_fields(struct text *text, unsigned field, unsigned last, uint64_t *random)
{
    struct text part = {.len = 0};

    for (unsigned i = 1; i <= last && (i < 3 || random_below(random, 8) > 0); i++)
        put_field(&part, i, random);
    put_part(text, field, &part, random);
}

static void put_sample(struct text *text, uint64_t *random)
{
    struct text part = {.len = 0};

    for (unsigned i = 1; i <= 3; i++)
        put_field(&part, i, random);
    for (unsigned metric = 0; metric < 6; metric++) {
        if (random_below(random, 2) == 0)
            continue;
        if (METRIC_COUNTS(metric_table[metric].kind)) {
            put_field(&part, 4 + metric, random);
            continue;
        }
        uint32_t bits = (uint32_t)random_next(random);
        part.bytes[part.len++] = (uint8_t)((4 + metric) << 3 | 5U);
        memcpy(part.bytes + part.len, &bits, sizeof bits);
        part.len += sizeof bits;
    }
    put_part(text, 2, &part, random);
}

/* In the order in which an agent writes them, with an exception now and then. */
static void put_batch(struct text *batch, uint64_t *random)
{
    put_field(batch, 1, random);
    for (uint64_t samples = random_below(random, 3); samples > 0; samples--)
        put_sample(batch, random);
    if (random_below(random, 2) == 0)
        put_fields(batch, 3, 6, random);
    for (uint64_t losses = random_below(random, 3); losses > 0; losses--)
        put_fields(batch, 4, 3, random);
    for (unsigned field = 5; field <= 8; field++)
        if (random_below(random, 2) == 0)
            put_field(batch, field, random);
    if (random_below(random, 16) == 0)
        put_field(batch, 1 + (unsigned)random_below(random, 9), random);
}

/* Chance alone finds no batch. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    struct text batch = {.len = 0};
    struct text frame = {.len = 0};
    uint64_t random = seed;

    if (seed % 4 > 0)
        return LLVMFuzzerMutate(data, size, max_size);
    put_batch(&batch, &random);
    put_part(&frame, 2, &batch, &random);
    if (frame.len > max_size)
        return size;
    memcpy(data, frame.bytes, frame.len);
    return seed % 8 == 0 ? frame.len : LLVMFuzzerMutate(data, frame.len, max_size);
}
