/* Pure. The measurements of headroom-loadgen, as text. */
#ifndef LOADGEN_REPORT_H
#define LOADGEN_REPORT_H

#include "common/histogram.h"
#include "loadgen/options.h"
#include "loadgen/usage.h"

#include <stddef.h>
#include <stdint.h>

struct report {
    const struct options *options;
    const struct histogram *latencies;        /* us */
    const struct histogram *broken_latencies; /* of samples that were sent before a break */
    uint64_t measured_us;
    uint64_t acknowledged;  /* within that time, */
    uint64_t frames_sent;   /* as were these, */
    uint64_t acks_received; /* and these */
    uint64_t produced;      /* from the start to the end */
    uint64_t stored;        /* of these */
    uint64_t forgotten;
    uint64_t connections;
    uint64_t broken; /* connections that ended unexpectedly */
    uint64_t rejected;
    unsigned streaming;    /* nodes at the start of the measured time */
    uint64_t connect_ms;   /* from the start until then */
    uint64_t outage_ms;    /* the longest time during which not all nodes streamed */
    struct usage_span own; /* within the measured time */
    struct usage_span collector;
    uint64_t collector_acknowledged; /* as acknowledged, until the last reading of the collector's CPU time */
    uint64_t collector_us;           /* and the time until then */
    uint64_t resident_start_kib;     /* of the collector: before the first connection, */
    uint64_t resident_begin_kib;     /* once all nodes had connected, */
    uint64_t resident_end_kib;       /* and when it ended */
};

#define REPORT_SIZE 4096

/* Several lines of text, and one line of JSON. Both end in a newline. */
void report_text(const struct report *report, char *text, size_t size);
void report_json(const struct report *report, char *text, size_t size);

#endif
