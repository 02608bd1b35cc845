/* Pure. A sample in the outbox: a record of fixed size with a checksum that shows whether the record is complete. In a
 * spool file the records are all there is after a kill, so each one also names its instance and its place in the ring.
 *
 *     0        8          16     24         32
 *     | check  | instance | boot | position | sample ...
 *
 * In the byte order and layout of the machine: a spool never leaves it. */
#ifndef AGENT_SPOOL_RECORD_H
#define AGENT_SPOOL_RECORD_H

#include "common/sample.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record {
    uint64_t check; /* checksum of all that follows, written last; 0: the record is not finished */
    uint64_t instance;
    uint64_t boot;     /* the boot whose CLOCK_BOOTTIME the sample has; 0: unknown */
    uint64_t position; /* counts all records ever written to the ring, from 1; it lies at position % capacity */
    struct sample sample;
};

/* Never 0. data: 8-byte aligned, len a multiple of 8. It detects each change within a single word of 8 bytes, and other
 * changes with a probability of 1 - 2^-64. */
uint64_t record_checksum(const void *data, size_t len);

/* Writes the record with a copy of the sample, which may be the record's own, and its checksum last. A kill at any
 * point before leaves a record that is not whole. */
void record_put(struct record *record, uint64_t instance, uint64_t boot, uint64_t position, uint64_t seq,
                const struct sample *sample);

/* Takes a record of an earlier version, whose sample has fewer metrics: its first len bytes are the same. It is whole
 * if that one is. older: 8-byte aligned, len a multiple of 8. */
void record_take_older(struct record *record, const void *older, size_t len);

/* Whole, and in its place. */
bool record_ok(const struct record *record, uint64_t index, uint64_t capacity);

/* All zeros: never written, or cleared. */
bool record_blank(const struct record *record);
void record_clear(struct record *record);

#endif
