#include "collector/fleet/ring.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PREFETCH_ROWS 16U /* a tick of 15 s, at one sample a second */
#define ABSENT        0xFFFFU
#define BASE_METRICS  ((1U << METRIC_BASE_COUNT) - 1)
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
    free(ring->extra);
    *ring = (struct ring){0};
}

/* ---- metrics that few nodes have ---- */

#define PLACE(symbol) [METRIC_##symbol - METRIC_BASE_COUNT]

/* The column of each such metric. */
static const struct place {
    bool is_slow;
    uint8_t column;
} places[] = {
    PLACE(THROTTLED) = {false, 0},   PLACE(OOM_KILLS) = {true, 0}, PLACE(APP_LOAD) = {false, 1},
    PLACE(APP_CAPACITY) = {true, 1}, PLACE(FS) = {true, 2},
};

static_assert(sizeof places / sizeof *places == METRIC_COUNT - METRIC_BASE_COUNT &&
                  RING_FAST + RING_SLOW == METRIC_COUNT - METRIC_BASE_COUNT,
              "each metric has a column");

bool ring_is_slow(enum metric metric)
{
    return metric >= METRIC_BASE_COUNT && places[metric - METRIC_BASE_COUNT].is_slow;
}

/* The samples of a full ring may begin and end in the middle of a group. */
static unsigned groups_of(unsigned capacity)
{
    return capacity / RING_GROUP + 2;
}

static size_t extra_len(unsigned capacity)
{
    return (capacity * RING_FAST + groups_of(capacity) * RING_SLOW) * sizeof(uint16_t);
}

size_t ring_size(unsigned capacity)
{
    return capacity > 0 ? capacity * sizeof(struct ring_row) + sizeof(struct ring_extra) + extra_len(capacity) : 0;
}

static struct ring_extra *new_extra(unsigned capacity, unsigned pushed)
{
    size_t len = extra_len(capacity);
    struct ring_extra *extra = malloc(sizeof *extra + len);

    if (extra == NULL)
        return NULL;
    *extra = (struct ring_extra){.pushed = pushed};
    memset(extra->codes, 0xFF, len); /* ABSENT */
    return extra;
}

/* Where the code of a metric is: at is the row's index, nth counts the samples as `pushed` does. */
static uint16_t *extra_code(const struct ring *ring, unsigned at, unsigned nth, unsigned metric)
{
    struct place place = places[metric - METRIC_BASE_COUNT];

    if (!place.is_slow)
        return &ring->extra->codes[at * RING_FAST + place.column];
    unsigned group = nth / RING_GROUP % groups_of(ring->capacity);
    return &ring->extra->codes[ring->capacity * RING_FAST + group * RING_SLOW + place.column];
}

/* Whether the group of the nth sample has a higher rate of events already than that sample. */
static bool holds_event(enum metric metric, uint16_t before, uint16_t now, unsigned nth)
{
    return metric == METRIC_OOM_KILLS && nth % RING_GROUP != 0 && before != ABSENT && (now == ABSENT || before > now);
}

/* codes: of the sample that gets the row at, by metric. */
static void push_extra(struct ring *ring, unsigned at, const uint16_t codes[METRIC_COUNT])
{
    struct ring_extra *extra = ring->extra;

    for (unsigned m = METRIC_BASE_COUNT; m < METRIC_COUNT; m++) {
        uint16_t *code = extra_code(ring, at, extra->pushed, m);
        if (!holds_event(m, *code, codes[m], extra->pushed))
            *code = codes[m];
    }
    extra->pushed++;
    extra->app_samples += extra->app_samples > 0;
    if (codes[METRIC_APP_CAPACITY] == ABSENT)
        return;
    extra->app_samples = 1;
    extra->app_capacity = codes[METRIC_APP_CAPACITY];
}

/* ---- rows ---- */

/* The index of the row of sample i, which is below count. */
static unsigned index_of(const struct ring *ring, unsigned i)
{
    unsigned at = ring->next + ring->capacity - ring->count + i;

    return at < ring->capacity ? at : at - ring->capacity;
}

static struct ring_row *row_at(const struct ring *ring, unsigned i)
{
    return &ring->rows[index_of(ring, i)];
}

/* The code of sample i, whose row is at that index. */
static inline uint16_t code_of(const struct ring *ring, unsigned i, unsigned at, enum metric metric)
{
    if (metric < METRIC_BASE_COUNT)
        return ring->rows[at].codes[metric];
    return ring->extra == NULL ? ABSENT : *extra_code(ring, at, ring->extra->pushed - ring->count + i, metric);
}

/* ---- adding ---- */

/* Of a gauge, which is 0 to METRIC_GAUGE_MAX. */
static inline uint64_t hundredths(double gauge)
{
    return (uint64_t)(int64_t)(gauge * 100.0 + 0.5);
}

/* Bytes per second, or events per second in hundredths, at least one if there was an event. */
static uint16_t encode_rate(uint64_t grown, double seconds, enum metric_kind kind)
{
    double rate = (double)grown * (kind == METRIC_EVENTS ? 100.0 : 1.0) / seconds;
    uint64_t number = rate < 1.8e19 ? (uint64_t)(rate + 0.5) : UINT64_MAX;

    return ring_encode(kind == METRIC_EVENTS && grown > 0 && number == 0 ? 1 : number);
}

static inline void encode_gauge(uint16_t *codes, const struct sample *sample, enum metric metric, enum metric_kind kind)
{
    uint64_t number = hundredths(sample->value[metric].gauge);

    codes[metric] = kind == METRIC_PERCENT ? (uint16_t)number : ring_encode(number);
}

/* nth: among the counters. seconds: since the last sample, 0 when no time has passed. */
static inline void encode_counter(struct ring *ring, uint16_t *codes, const struct sample *sample, enum metric metric,
                                  enum metric_kind kind, unsigned nth, double seconds)
{
    uint64_t *last = nth < METRIC_BASE_COUNTERS ? &ring->last_counters[nth]
                                                : &ring->extra->last_counters[nth - METRIC_BASE_COUNTERS];
    uint64_t now = sample->value[metric].counter;
    uint64_t before = *last;

    if (seconds > 0.0 && ring->last_present >> metric & 1U && now >= before)
        codes[metric] = encode_rate(now - before, seconds, kind);
    *last = now;
}

/* Into the codes of the row and, of the metrics that few nodes have, into rare, where each has the same index as in
 * codes of all metrics; NULL: the ring has no columns for these. */
static void encode(struct ring *ring, uint16_t *base, uint16_t *rare, const struct sample *sample)
{
    bool later = sample->uptime_ms > ring->last_uptime_ms;
    double seconds = later ? (double)(sample->uptime_ms - ring->last_uptime_ms) / 1000.0 : 0.0;
    unsigned nth = 0;

    memset(base, 0xFF, METRIC_BASE_COUNT * sizeof *base); /* ABSENT */
    if (rare != NULL)
        memset(rare, 0xFF, METRIC_COUNT * sizeof *rare);
#define ENCODE(symbol, field, column, kind, title)                                                                     \
    if (METRIC_##symbol >= METRIC_BASE_COUNT && rare == NULL)                                                          \
        ; /* no column */                                                                                              \
    else if (METRIC_COUNTS(kind) && sample_has(sample, METRIC_##symbol))                                               \
        encode_counter(ring, CODES(METRIC_##symbol), sample, METRIC_##symbol, kind, nth, seconds);                     \
    else if (!METRIC_COUNTS(kind) && sample_has(sample, METRIC_##symbol))                                              \
        encode_gauge(CODES(METRIC_##symbol), sample, METRIC_##symbol, kind);                                           \
    nth += METRIC_COUNTS(kind);
#define CODES(metric) ((metric) < METRIC_BASE_COUNT ? base : rare)
    METRICS(ENCODE)
#undef CODES
#undef ENCODE
    ring->last_uptime_ms = sample->uptime_ms;
    ring->last_present = rare != NULL ? sample->present : sample->present & BASE_METRICS;
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
    uint16_t rare[METRIC_COUNT];

    time_ms = place_ms(ring, time_ms, sample->uptime_ms);
    if (time_ms == INT64_MIN)
        return false;
    if (ring->count == 0)
        ring->base_ms = time_ms;
    if (time_ms - ring->base_ms > (int64_t)UINT32_MAX)
        move_base(ring, time_ms);
    struct ring_row *row = &ring->rows[ring->next];
    row->time_ms = (uint32_t)(time_ms - ring->base_ms);
    if (ring->extra == NULL && sample_has_rare(sample))
        ring->extra = new_extra(ring->capacity, ring->count); /* without memory, these metrics are absent */
    uint16_t *codes = ring->extra != NULL ? rare : NULL;
    encode(ring, row->codes, codes, sample);
    if (codes != NULL)
        push_extra(ring, ring->next, codes);
    ring->next = ring->next + 1 < ring->capacity ? ring->next + 1 : 0;
    if (ring->count < ring->capacity)
        ring->count++;
    return true;
}

/* ---- all samples ---- */

/* Copies sample i to the row at of another ring, which has room for these metrics too. */
static void copy_sample(const struct ring *from, unsigned i, struct ring *to, unsigned at)
{
    unsigned from_at = index_of(from, i);
    uint16_t codes[METRIC_COUNT];

    to->rows[at] = from->rows[from_at];
    if (from->extra == NULL)
        return;
    for (unsigned m = METRIC_BASE_COUNT; m < METRIC_COUNT; m++)
        codes[m] = code_of(from, i, from_at, m);
    push_extra(to, at, codes);
}

int ring_resize(struct ring *ring, unsigned capacity)
{
    struct ring resized;

    if (ring_init(&resized, capacity) < 0)
        return -ENOMEM;
    resized.extra = ring->extra != NULL ? new_extra(capacity, 0) : NULL;
    if (ring->extra != NULL && resized.extra == NULL) {
        ring_deinit(&resized);
        return -ENOMEM;
    }
    unsigned retained = ring->count < capacity ? ring->count : capacity;
    for (unsigned i = 0; i < retained; i++)
        copy_sample(ring, ring->count - retained + i, &resized, i);
    if (ring->extra != NULL) {
        memcpy(resized.extra->last_counters, ring->extra->last_counters, sizeof ring->extra->last_counters);
        resized.extra->app_samples = ring->extra->app_samples;
        resized.extra->app_capacity = ring->extra->app_capacity;
    }
    free(ring->rows);
    free(ring->extra);
    ring->rows = resized.rows;
    ring->extra = resized.extra;
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

/* Times only grow. A binary search reads few of the rows. */
unsigned ring_first_after(const struct ring *ring, int64_t since_ms)
{
    unsigned first = 0;
    unsigned end = ring->count;

    while (first < end) {
        unsigned middle = first + (end - first) / 2;
        if (ring_time_ms(ring, middle) > since_ms)
            end = middle;
        else
            first = middle + 1;
    }
    return first;
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
    uint16_t code = code_of(ring, i, index_of(ring, i), metric);
    enum metric_kind kind = metric_table[metric].kind;

    return code == ABSENT ? NAN : in_units(number_of(code, kind), kind);
}

bool ring_last_counter(const struct ring *ring, enum metric metric, uint64_t *counter)
{
    unsigned nth = 0;

    for (unsigned m = 0; m < metric; m++)
        nth += METRIC_COUNTS(metric_table[m].kind);
    if (ring->count == 0 || !METRIC_COUNTS(metric_table[metric].kind) || !(ring->last_present >> metric & 1U))
        return false;
    *counter =
        nth < METRIC_BASE_COUNTERS ? ring->last_counters[nth] : ring->extra->last_counters[nth - METRIC_BASE_COUNTERS];
    return true;
}

double ring_app_capacity(const struct ring *ring)
{
    const struct ring_extra *extra = ring->extra;

    if (extra == NULL || extra->app_samples == 0 || extra->app_samples > ring->count)
        return NAN;
    return in_units(number_of(extra->app_capacity, METRIC_GAUGE), METRIC_GAUGE);
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
        unsigned at = index_of(ring, i);
        if (i + 1 < newest && ring->base_ms + ring->rows[at].time_ms <= since_ms)
            break;
        for (unsigned k = 0; k < count; k++) {
            uint16_t code = code_of(ring, i, at, metrics[k]);
            if (code == ABSENT)
                continue;
            sums[k] += number_of(code, metric_table[metrics[k]].kind);
            present[k]++;
        }
    }
    for (unsigned k = 0; k < count; k++)
        means[k] = present[k] > 0 ? in_units(sums[k] / present[k], metric_table[metrics[k]].kind) : NAN;
}

void ring_prefetch_next(const struct ring *ring, size_t count)
{
    if (ring->count > 0)
        __builtin_prefetch(row_at(ring, ring->count - 1));
    for (unsigned i = 0; i < PREFETCH_ROWS && i <= count; i += 2)
        __builtin_prefetch(&ring->rows[ring->next + i < ring->capacity ? ring->next + i : 0]);
}

void ring_prefetch(const struct ring *ring)
{
    if (ring->count == 0)
        return;
    __builtin_prefetch(&row_at(ring, ring->count - 1)->codes[METRIC_BASE_COUNT - 1]); /* it may lie across two lines */
    for (unsigned i = 0; i < PREFETCH_ROWS && i < ring->count; i += 2)                /* two to a line */
        __builtin_prefetch(row_at(ring, ring->count - 1 - i));
    if (ring->extra == NULL)
        return;
    /* Their codes in fast columns are in two lines. */
    unsigned oldest = ring->count > PREFETCH_ROWS ? ring->count - PREFETCH_ROWS : 0;
    __builtin_prefetch(ring->extra);
    __builtin_prefetch(&ring->extra->codes[(size_t)index_of(ring, ring->count - 1) * RING_FAST]);
    __builtin_prefetch(&ring->extra->codes[(size_t)index_of(ring, oldest) * RING_FAST]);
}

double ring_mean(const struct ring *ring, enum metric metric, int64_t since_ms)
{
    double mean = NAN;

    ring_means(ring, &metric, 1, since_ms, INT64_MAX, &mean);
    return mean;
}
