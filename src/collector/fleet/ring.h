/* Pure. The recent samples of one node in compact form: each sample is one row with its time and 16 bits per metric.
 * Allocated once; the metrics that most nodes do not have are in a second block, allocated with the first one of them.
 *
 * A percentage is stored in hundredths, exactly. A gauge (in hundredths) and a rate (counters become bytes per second,
 * events hundredths per second) are stored as a whole number with 11 significant bits: exact below 2,048, within
 * 1/2,048 above. With 4 bytes for the time, in milliseconds, and 2 for each of the 14 base metrics a sample takes 32
 * bytes: half a cache line, so that adding one costs one cache miss, whatever the number of nodes. */
#ifndef COLLECTOR_FLEET_RING_H
#define COLLECTOR_FLEET_RING_H

#include "common/sample.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 24 days: samples older than the newest by more are dropped. */
#define RING_SPAN_MS ((int64_t)UINT32_MAX / 2)

/* Largest possible error of a sample's estimated time: the longest lateness that node_clock reports. */
#define RING_DOUBT_MS 180000

struct ring_row {
    uint32_t time_ms; /* after the ring's base */
    uint16_t codes[METRIC_BASE_COUNT];
};

/* The other metrics. Fast columns have a code for each sample, in rows of the same index. Slow columns, of metrics that
 * change seldom, have one for RING_GROUP samples that follow each other: that of the last of them, so that the newest
 * value is exact, and an older one may be up to RING_GROUP - 1 samples too new. Of events it is the highest rate: none
 * is lost, and it is seen in the whole group. */
#define RING_FAST  2U
#define RING_SLOW  3U
#define RING_GROUP 8U

struct ring_extra {
    uint64_t last_counters[METRIC_COUNTERS - METRIC_BASE_COUNTERS];
    unsigned pushed;       /* samples, those before the first of these metrics included; the nth is of group n / 8 */
    unsigned app_samples;  /* since the last one with the application's capacity, it included; 0: there is none */
    uint16_t app_capacity; /* that one */
    uint16_t codes[];      /* RING_FAST for each row, and then RING_SLOW for each group */
};

struct ring {
    unsigned capacity;
    unsigned count;
    unsigned next;         /* the row of the next sample */
    uint32_t last_present; /* last_*: of the newest sample, for the next one's rates */
    int64_t base_ms;
    struct ring_row *rows;
    struct ring_extra *extra; /* NULL: no sample has had any of them */
    uint64_t last_uptime_ms;
    uint64_t last_counters[METRIC_BASE_COUNTERS];
};

/* 0 or -ENOMEM. */
int ring_init(struct ring *ring, unsigned capacity);
void ring_deinit(struct ring *ring);

/* Bytes of a ring of that capacity, with all metrics. */
size_t ring_size(unsigned capacity);

/* Changes the capacity; retains as many of the newest samples as fit. 0, or -ENOMEM and nothing has changed. */
int ring_resize(struct ring *ring, unsigned capacity);

/* Adds a sample taken at time_ms of the collector's monotonic clock. One older than the last is skipped: returns
 * whether it was added. But time_ms is an estimate, which gets better as quicker batches arrive: it may run backwards
 * by up to RING_DOUBT_MS although the node's own clock ran forwards, and such a sample is added 1 ms after the last. A
 * rate is absent when the counter fell or no time passed on the node. */
bool ring_push(struct ring *ring, int64_t time_ms, const struct sample *sample);

/* Adds by_ms to the times of all samples. */
void ring_shift(struct ring *ring, int64_t by_ms);

/* Whether the metric is in a slow column. */
bool ring_is_slow(enum metric metric);

/* Sample i, 0 the oldest, count - 1 the newest. An absent value is NaN; counters are rates per second. */
int64_t ring_time_ms(const struct ring *ring, unsigned i);
double ring_value(const struct ring *ring, unsigned i, enum metric metric);

/* The index of the first sample after since_ms; ring->count: there is none. */
unsigned ring_first_after(const struct ring *ring, int64_t since_ms);

/* A counter of the newest sample, as it was sent. false: it is absent. */
bool ring_last_counter(const struct ring *ring, enum metric metric, uint64_t *counter);

/* The newest capacity of the node's application; NaN: no sample in the ring has one, the node has no such number. */
double ring_app_capacity(const struct ring *ring);

/* The means of count metrics, in one pass over the samples after since_ms and not after until_ms; if there is none,
 * over the newest one not after until_ms. NaN: absent in all. */
void ring_means(const struct ring *ring, const enum metric *metrics, unsigned count, int64_t since_ms, int64_t until_ms,
                double *means);

/* The mean of one metric over the samples after since_ms. */
double ring_mean(const struct ring *ring, enum metric metric, int64_t since_ms);

/* Prefetches the newest sample, and the rows of the next `count`, into the CPU's cache. */
void ring_prefetch_next(const struct ring *ring, size_t count);

/* Prefetches the newest samples. */
void ring_prefetch(const struct ring *ring);

/* The encoding of whole numbers. */
uint16_t ring_encode(uint64_t number);
uint64_t ring_decode(uint16_t code);

#endif
