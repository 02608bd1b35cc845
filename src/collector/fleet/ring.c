#include "collector/fleet/ring.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PREFETCH_ROWS 16U /* a tick of 15 s, at one sample a second */
#define ABSENT        0xFFFFU
#define MANTISSA_BITS 10U
#define MANTISSA_ONE  (1U << MANTISSA_BITS)

/* ---- encoding ---- */

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

/* ---- begin and end ---- */

int ring_init(struct ring *ring, unsigned capacity)
{
    /* Not cleared: rows that were never written are never read, and take no memory. */
    struct ring_row *rows = malloc(capacity * sizeof *rows);

    if (rows == NULL)
        return -ENOMEM;
    *ring = (struct ring){.capacity = capacity, .rows = rows};
    return 0;
}

void ring_deinit(struct ring *ring)
{
    free(ring->rows);
    *ring = (struct ring){0};
}

/* i: below count. */
static struct ring_row *row_at(const struct ring *ring, unsigned i)
{
    unsigned at = ring->next + ring->capacity - ring->count + i;

    return &ring->rows[at < ring->capacity ? at : at - ring->capacity];
}

/* ---- adding ---- */

/* Of a gauge, which is 0 to METRIC_GAUGE_MAX. */
static inline uint32_t hundredths(double gauge)
{
    return (uint32_t)(int32_t)(gauge * 100.0 + 0.5);
}

static uint16_t encode_rate(uint64_t grown, double seconds)
{
    double rate = (double)grown / seconds;

    return ring_encode(rate < 1.8e19 ? (uint64_t)(rate + 0.5) : UINT64_MAX);
}

static inline void encode_gauge(struct ring_row *row, const struct sample *sample, enum metric metric,
                                enum metric_kind kind)
{
    uint32_t number = hundredths(sample->value[metric].gauge);

    row->codes[metric] = kind == METRIC_PERCENT ? (uint16_t)number : ring_encode(number);
}

/* nth: among the counters. seconds: since the last sample, 0 when no time has passed. */
static inline void encode_counter(struct ring *ring, struct ring_row *row, const struct sample *sample,
                                  enum metric metric, unsigned nth, double seconds)
{
    uint64_t now = sample->value[metric].counter;
    uint64_t before = ring->last_counters[nth];

    if (seconds > 0.0 && ring->last_present >> metric & 1U && now >= before)
        row->codes[metric] = encode_rate(now - before, seconds);
    ring->last_counters[nth] = now;
}

static void encode(struct ring *ring, struct ring_row *row, const struct sample *sample)
{
    bool later = sample->uptime_ms > ring->last_uptime_ms;
    double seconds = later ? (double)(sample->uptime_ms - ring->last_uptime_ms) / 1000.0 : 0.0;
    unsigned nth = 0;

    memset(row->codes, 0xFF, sizeof row->codes); /* ABSENT */
#define ENCODE(symbol, field, column, kind, title)                                                                     \
    if ((kind) == METRIC_COUNTER && sample_has(sample, METRIC_##symbol))                                               \
        encode_counter(ring, row, sample, METRIC_##symbol, nth, seconds);                                              \
    else if ((kind) != METRIC_COUNTER && sample_has(sample, METRIC_##symbol))                                          \
        encode_gauge(row, sample, METRIC_##symbol, kind);                                                              \
    nth += (kind) == METRIC_COUNTER;
    METRICS(ENCODE)
#undef ENCODE
    ring->last_uptime_ms = sample->uptime_ms;
    ring->last_present = sample->present;
}

/* Moves the base for a time that does not fit after it any more; samples that are then out of the span are dropped. */
static void move_base(struct ring *ring, int64_t time_ms)
{
    int64_t base_ms = time_ms - RING_SPAN_MS;

    while (ring->count > 0 && ring_time_ms(ring, 0) < base_ms)
        ring->count--;
    for (unsigned i = 0; i < ring->count; i++)
        row_at(ring, i)->time_ms -= (uint32_t)(base_ms - ring->base_ms);
    ring->base_ms = base_ms;
}

/* The time at which the sample is added, see ring_push(); INT64_MIN: it is skipped. */
static int64_t place_ms(const struct ring *ring, int64_t time_ms, uint64_t uptime_ms)
{
    if (ring->count == 0)
        return time_ms;
    int64_t last_ms = ring_time_ms(ring, ring->count - 1);
    if (time_ms > last_ms)
        return time_ms;
    return uptime_ms > ring->last_uptime_ms && last_ms - time_ms <= RING_DOUBT_MS ? last_ms + 1 : INT64_MIN;
}

bool ring_push(struct ring *ring, int64_t time_ms, const struct sample *sample)
{
    time_ms = place_ms(ring, time_ms, sample->uptime_ms);
    if (time_ms == INT64_MIN)
        return false;
    if (ring->count == 0)
        ring->base_ms = time_ms;
    if (time_ms - ring->base_ms > (int64_t)UINT32_MAX)
        move_base(ring, time_ms);
    struct ring_row *row = &ring->rows[ring->next];
    row->time_ms = (uint32_t)(time_ms - ring->base_ms);
    encode(ring, row, sample);
    ring->next = ring->next + 1 < ring->capacity ? ring->next + 1 : 0;
    if (ring->count < ring->capacity)
        ring->count++;
    return true;
}

/* ---- all samples ---- */

int ring_resize(struct ring *ring, unsigned capacity)
{
    struct ring resized;

    if (ring_init(&resized, capacity) < 0)
        return -ENOMEM;
    struct ring_row *rows = resized.rows;
    unsigned retained = ring->count < capacity ? ring->count : capacity;
    for (unsigned i = 0; i < retained; i++)
        rows[i] = *row_at(ring, ring->count - retained + i);
    free(ring->rows);
    ring->rows = rows;
    ring->capacity = capacity;
    ring->count = retained;
    ring->next = retained < capacity ? retained : 0;
    return 0;
}

void ring_shift(struct ring *ring, int64_t by_ms)
{
    ring->base_ms += by_ms;
}

/* ---- reading ---- */

int64_t ring_time_ms(const struct ring *ring, unsigned i)
{
    return ring->base_ms + row_at(ring, i)->time_ms;
}

/* Sums of codes are exact: a percentage is a whole number of hundredths. */
static inline double number_of(uint16_t code, enum metric_kind kind)
{
    return kind == METRIC_PERCENT ? (double)code : (double)ring_decode(code);
}

static inline double in_units(double number, enum metric_kind kind)
{
    return kind == METRIC_COUNTER ? number : number / 100.0;
}

double ring_value(const struct ring *ring, unsigned i, enum metric metric)
{
    uint16_t code = row_at(ring, i)->codes[metric];
    enum metric_kind kind = metric_table[metric].kind;

    return code == ABSENT ? NAN : in_units(number_of(code, kind), kind);
}

bool ring_last_counter(const struct ring *ring, enum metric metric, uint64_t *counter)
{
    unsigned nth = 0;

    for (unsigned m = 0; m < metric; m++)
        nth += metric_table[m].kind == METRIC_COUNTER;
    if (ring->count == 0 || metric_table[metric].kind != METRIC_COUNTER || !(ring->last_present >> metric & 1U))
        return false;
    *counter = ring->last_counters[nth];
    return true;
}

void ring_means(const struct ring *ring, const enum metric *metrics, unsigned count, int64_t since_ms, int64_t until_ms,
                double *means)
{
    double sums[METRIC_COUNT] = {0};
    unsigned present[METRIC_COUNT] = {0};
    unsigned newest = ring->count;

    while (newest > 0 && ring_time_ms(ring, newest - 1) > until_ms)
        newest--;
    for (unsigned i = newest; i-- > 0;) {
        const struct ring_row *row = row_at(ring, i);
        if (i + 1 < newest && ring->base_ms + row->time_ms <= since_ms)
            break;
        for (unsigned k = 0; k < count; k++) {
            uint16_t code = row->codes[metrics[k]];
            if (code == ABSENT)
                continue;
            sums[k] += number_of(code, metric_table[metrics[k]].kind);
            present[k]++;
        }
    }
    for (unsigned k = 0; k < count; k++)
        means[k] = present[k] > 0 ? in_units(sums[k] / present[k], metric_table[metrics[k]].kind) : NAN;
}

void ring_prefetch(const struct ring *ring)
{
    if (ring->count == 0)
        return;
    __builtin_prefetch(&row_at(ring, ring->count - 1)->codes[METRIC_COUNT - 1]); /* it may lie across two lines */
    for (unsigned i = 0; i < PREFETCH_ROWS && i < ring->count; i += 2)           /* two to a line */
        __builtin_prefetch(row_at(ring, ring->count - 1 - i));
}

double ring_mean(const struct ring *ring, enum metric metric, int64_t since_ms)
{
    double mean = NAN;

    ring_means(ring, &metric, 1, since_ms, INT64_MAX, &mean);
    return mean;
}
