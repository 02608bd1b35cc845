#include "agent/spool/record.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

/* The checksum covers the bytes in memory, so there must be no padding except that of struct sample, which record_put()
 * clears. */
static_assert(sizeof(struct record) == 32 + sizeof(struct sample) && sizeof(struct record) % 8 == 0, "no padding");

/* Each step is a bijection of the state and of the word, so that one changed word always shows. */
uint64_t record_checksum(const void *data, size_t len)
{
    const uint8_t *bytes = data;
    uint64_t state = 0x9E3779B97F4A7C15U ^ len;

    for (size_t i = 0; i < len; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof word);
        state = (state ^ word) * 0xBF58476D1CE4E5B9U;
        state ^= state >> 32;
    }
    return state != 0 ? state : 1;
}

static uint64_t record_check(const struct record *record)
{
    return record_checksum(&record->instance, sizeof *record - offsetof(struct record, instance));
}

void record_put(struct record *record, uint64_t instance, uint64_t boot, uint64_t position, uint64_t seq,
                const struct sample *sample)
{
    const struct sample copy = *sample;

    record->check = 0;
    /* The compiler must not reorder the stores around the check; no other processor reads the record meanwhile. */
    atomic_signal_fence(memory_order_seq_cst);
    /* From the first of these stores on the record is not all zeros, which would mean that its place was never used. */
    record->instance = instance;
    record->boot = boot;
    record->position = position;
    atomic_signal_fence(memory_order_seq_cst);
    memset(&record->sample, 0, sizeof record->sample);
    record->sample.seq = seq;
    record->sample.time_ms = copy.time_ms;
    record->sample.uptime_ms = copy.uptime_ms;
    record->sample.present = copy.present;
    memcpy(record->sample.value, copy.value, sizeof copy.value);
    atomic_signal_fence(memory_order_seq_cst);
    record->check = record_check(record);
}

void record_take_older(struct record *record, const void *older, size_t len)
{
    const size_t start = offsetof(struct record, instance);

    assert(len < sizeof *record);
    memset(record, 0, sizeof *record);
    memcpy(record, older, len);
    if (record->check != 0 && record->check == record_checksum((const uint8_t *)older + start, len - start))
        record->check = record_check(record);
}

bool record_ok(const struct record *record, uint64_t index, uint64_t capacity)
{
    return record->check != 0 && record->instance != 0 && record->position > 0 && record->position <= INT64_MAX &&
           record->position % capacity == index && record->sample.seq > 0 && record->sample.seq <= record->position &&
           record->check == record_check(record);
}

bool record_blank(const struct record *record)
{
    const uint8_t *bytes = (const uint8_t *)record;
    uint8_t any = 0;

    for (size_t i = 0; i < sizeof *record; i++)
        any |= bytes[i];
    return any == 0;
}

void record_clear(struct record *record)
{
    memset(record, 0, sizeof *record);
}
