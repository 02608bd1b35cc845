#include "collector/ring.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ABSENT        0xFFFFU
#define MANTISSA_BITS 10U
#define MANTISSA_ONE  (1U << MANTISSA_BITS)

/* A code is exponent x 1,024 + mantissa. Exponent 0: the number is the mantissa. Exponent e > 0: the number is
 * (1,024 + mantissa) x 2^(e - 1), as in floating point with an implicit first bit. */
uint16_t ring_encode(uint64_t number)
{
    if (number < MANTISSA_ONE)
        return (uint16_t)number;
    unsigned shift = 63U - (unsigned)__builtin_clzll(number) - MANTISSA_BITS;
    if (shift > 0) {
        uint64_t half = UINT64_C(1) << (shift - 1);
        number = number > UINT64_MAX - half ? UINT64_MAX : number + half;
        shift = 63U - (unsigned)__builtin_clzll(number) - MANTISSA_BITS;
    }
    return (uint16_t)(((shift + 1) << MANTISSA_BITS) + ((number >> shift) - MANTISSA_ONE));
}

uint64_t ring_decode(uint16_t code)
{
    unsigned exponent = (unsigned)code >> MANTISSA_BITS;
    uint64_t mantissa = code & (MANTISSA_ONE - 1);

    return exponent == 0 ? mantissa : (mantissa + MANTISSA_ONE) << (exponent - 1);
}

int ring_init(struct ring *ring, unsigned capacity)
{
    size_t row = sizeof(int64_t) + METRIC_COUNT * sizeof(uint16_t);
    int64_t *memory = calloc(capacity, row);

    if (memory == NULL)
        return -ENOMEM;
    *ring = (struct ring){.capacity = capacity, .time_ms = memory, .columns = (uint16_t *)(memory + capacity)};
    return 0;
}

void ring_deinit(struct ring *ring)
{
    free(ring->time_ms);
    *ring = (struct ring){0};
}

static unsigned slot(const struct ring *ring, unsigned i)
{
    unsigned first = ring->next + ring->capacity - ring->count;

    return (first + i) % ring->capacity;
}

static uint16_t *cell(const struct ring *ring, enum metric metric, unsigned at)
{
    return &ring->columns[(size_t)metric * ring->capacity + at];
}

static uint16_t encode_gauge(double gauge)
{
    return ring_encode((uint64_t)llround(gauge * 100.0));
}

static uint16_t encode_rate(const struct ring *ring, const struct sample *sample, enum metric metric)
{
    uint64_t now = sample->value[metric].counter;
    uint64_t before = ring->last_counter[metric];

    if (!(ring->last_present >> metric & 1U) || now < before || sample->uptime_ms <= ring->last_uptime_ms)
        return ABSENT;
    double seconds = (double)(sample->uptime_ms - ring->last_uptime_ms) / 1000.0;
    double rate = (double)(now - before) / seconds;
    return ring_encode(rate < 1.8e19 ? (uint64_t)(rate + 0.5) : UINT64_MAX);
}

static uint16_t encode(const struct ring *ring, const struct sample *sample, enum metric metric)
{
    if (!sample_has(sample, metric))
        return ABSENT;
    if (metric_table[metric].kind == METRIC_COUNTER)
        return encode_rate(ring, sample, metric);
    if (metric_table[metric].kind == METRIC_PERCENT)
        return (uint16_t)lround(sample->value[metric].gauge * 100.0);
    return encode_gauge(sample->value[metric].gauge);
}

static void remember(struct ring *ring, const struct sample *sample)
{
    ring->last_uptime_ms = sample->uptime_ms;
    ring->last_present = sample->present;
    for (unsigned m = 0; m < METRIC_COUNT; m++)
        if (metric_table[m].kind == METRIC_COUNTER)
            ring->last_counter[m] = sample->value[m].counter;
}

int ring_resize(struct ring *ring, unsigned capacity)
{
    struct ring resized;

    if (ring_init(&resized, capacity) < 0)
        return -ENOMEM;
    unsigned kept = ring->count < capacity ? ring->count : capacity;
    for (unsigned i = 0; i < kept; i++) {
        unsigned from = slot(ring, ring->count - kept + i);
        resized.time_ms[i] = ring->time_ms[from];
        for (unsigned m = 0; m < METRIC_COUNT; m++)
            *cell(&resized, m, i) = *cell(ring, m, from);
    }
    resized.count = kept;
    resized.next = kept % capacity;
    resized.last_uptime_ms = ring->last_uptime_ms;
    resized.last_present = ring->last_present;
    memcpy(resized.last_counter, ring->last_counter, sizeof resized.last_counter);
    ring_deinit(ring);
    *ring = resized;
    return 0;
}

bool ring_push(struct ring *ring, int64_t time_ms, const struct sample *sample)
{
    if (ring->count > 0 && time_ms <= ring_time_ms(ring, ring->count - 1))
        return false;
    ring->time_ms[ring->next] = time_ms;
    for (unsigned m = 0; m < METRIC_COUNT; m++)
        *cell(ring, m, ring->next) = encode(ring, sample, m);
    remember(ring, sample);
    ring->next = (ring->next + 1) % ring->capacity;
    if (ring->count < ring->capacity)
        ring->count++;
    return true;
}

void ring_shift(struct ring *ring, int64_t by_ms)
{
    for (unsigned i = 0; i < ring->count; i++)
        ring->time_ms[slot(ring, i)] += by_ms;
}

int64_t ring_time_ms(const struct ring *ring, unsigned i)
{
    return ring->time_ms[slot(ring, i)];
}

double ring_value(const struct ring *ring, unsigned i, enum metric metric)
{
    uint16_t code = *cell(ring, metric, slot(ring, i));

    if (code == ABSENT)
        return NAN;
    switch (metric_table[metric].kind) {
    case METRIC_PERCENT:
        return code / 100.0;
    case METRIC_GAUGE:
        return (double)ring_decode(code) / 100.0;
    case METRIC_COUNTER:
        break;
    }
    return (double)ring_decode(code);
}

double ring_mean(const struct ring *ring, enum metric metric, int64_t since_ms)
{
    double sum = 0.0;
    unsigned present = 0;

    for (unsigned i = ring->count; i-- > 0;) {
        if (i + 1 < ring->count && ring_time_ms(ring, i) <= since_ms)
            break;
        double value = ring_value(ring, i, metric);
        if (isnan(value))
            continue;
        sum += value;
        present++;
    }
    return present > 0 ? sum / present : NAN;
}
