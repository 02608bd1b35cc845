/* Pure. The recent past of one node, compact: its time and 16 bits for each metric, a sample in one place, allocated
 * once.
 *
 * A percentage is kept in hundredths, exactly. A gauge (in hundredths) and a rate (counters become bytes per second)
 * are kept as a whole number with 11 significant bits: exact below 2,048, within 1/2,048 above. With 4 bytes for the
 * time, in milliseconds, and 2 for each of 14 metrics a sample takes 32 bytes: half a line of the cache, so that adding
 * one costs one miss, whatever the number of nodes. */
#ifndef COLLECTOR_FLEET_RING_H
#define COLLECTOR_FLEET_RING_H

#include "common/sample.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 24 days: a sample that is older than the newest by more is dropped. */
#define RING_SPAN_MS ((int64_t)UINT32_MAX / 2)

/* Largest possible error of a sample's estimated time: the longest lateness that node_clock reports. */
#define RING_DOUBT_MS 180000

struct ring_row {
    uint32_t time_ms; /* after the ring's base */
    uint16_t codes[METRIC_COUNT];
};

struct ring {
    unsigned capacity;
    unsigned count;
    unsigned next;         /* where the next sample goes */
    uint32_t last_present; /* last_*: of the last sample, from which rates are taken */
    int64_t base_ms;
    struct ring_row *rows;
    uint64_t last_uptime_ms;
    uint64_t last_counters[METRIC_COUNTERS];
};

/* 0 or -ENOMEM. */
int ring_init(struct ring *ring, unsigned capacity);
void ring_deinit(struct ring *ring);

/* Another capacity, with as many of the newest samples as fit. 0, or -ENOMEM and nothing has changed. */
int ring_resize(struct ring *ring, unsigned capacity);

/* Adds a sample taken at time_ms of the collector's monotonic clock. One that is older than the last is left out:
 * returns whether it was added. But time_ms is an estimate, which gets better as quicker batches come: it may run
 * backwards by RING_DOUBT_MS though the node's own clock ran forwards, and such a sample stands 1 ms after the last. A
 * rate is absent when the counter fell or no time passed on the node. */
bool ring_push(struct ring *ring, int64_t time_ms, const struct sample *sample);

/* Moves all samples in time by so much. */
void ring_shift(struct ring *ring, int64_t by_ms);

/* Sample i, 0 the oldest, count - 1 the newest. A value that is absent is NaN; counters are bytes per second. */
int64_t ring_time_ms(const struct ring *ring, unsigned i);
double ring_value(const struct ring *ring, unsigned i, enum metric metric);

/* A counter of the newest sample, as it was sent. False: it had none. */
bool ring_last_counter(const struct ring *ring, enum metric metric, uint64_t *counter);

/* The means of so many metrics, in one pass over the newest samples: of those after since_ms and not after until_ms, or
 * of the newest one not after until_ms when there is none. NaN: absent in all. */
void ring_means(const struct ring *ring, const enum metric *metrics, unsigned count, int64_t since_ms, int64_t until_ms,
                double *means);

/* The same of one metric, without an end. */
double ring_mean(const struct ring *ring, enum metric metric, int64_t since_ms);

/* Asks the cache for the newest samples. */
void ring_prefetch(const struct ring *ring);

/* The encoding of whole numbers. */
uint16_t ring_encode(uint64_t number);
uint64_t ring_decode(uint16_t code);

#endif
