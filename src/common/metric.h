/* Pure. The table of metrics. Each metric is named once, here; wire, CSV, JSON and rings follow from it.
 *
 * A new metric needs a line here, a field of the same name in proto/headroom.proto, a column in collector/fleet/ring.c
 * and a source in src/agent/. New lines go to the end: the order is that of the CSV columns. */
#ifndef COMMON_METRIC_H
#define COMMON_METRIC_H

#include <stdint.h>

/* X(symbol, field of the message Sample, CSV column, kind, title on the page) */
#define METRICS(X)                                                                                                     \
    X(CPU, cpu_percent, "cpu", METRIC_PERCENT, "CPU")                                                                  \
    X(MEMORY, memory_percent, "memory", METRIC_PERCENT, "Memory")                                                      \
    X(DISK_READ, disk_read_bytes, "disk_read", METRIC_COUNTER, "Disk read")                                            \
    X(DISK_WRITE, disk_write_bytes, "disk_write", METRIC_COUNTER, "Disk write")                                        \
    X(DISK_BUSY, disk_busy_percent, "disk_busy", METRIC_PERCENT, "Disk busy")                                          \
    X(LOAD1, load1, "load1", METRIC_GAUGE, "Load, 1 min")                                                              \
    X(IOWAIT, iowait_percent, "iowait", METRIC_PERCENT, "I/O wait")                                                    \
    X(STEAL, steal_percent, "steal", METRIC_PERCENT, "CPU steal")                                                      \
    X(SWAP, swap_percent, "swap", METRIC_PERCENT, "Swap")                                                              \
    X(NET_RX, net_rx_bytes, "net_rx", METRIC_COUNTER, "Network in")                                                    \
    X(NET_TX, net_tx_bytes, "net_tx", METRIC_COUNTER, "Network out")                                                   \
    X(PSI_CPU, psi_cpu_percent, "psi_cpu", METRIC_PERCENT, "CPU pressure")                                             \
    X(PSI_MEMORY, psi_memory_percent, "psi_memory", METRIC_PERCENT, "Memory pressure")                                 \
    X(PSI_IO, psi_io_percent, "psi_io", METRIC_PERCENT, "I/O pressure")                                                \
    X(THROTTLED, throttled_percent, "throttled", METRIC_PERCENT, "CPU throttled")                                      \
    X(OOM_KILLS, oom_kills, "oom_kills", METRIC_EVENTS, "Out-of-memory kills")                                         \
    X(APP_LOAD, app_load, "app_load", METRIC_GAUGE, "Application load")                                                \
    X(APP_CAPACITY, app_capacity, "app_capacity", METRIC_GAUGE, "Application capacity")                                \
    X(FS, fs_percent, "fs", METRIC_PERCENT, "Fullest file system")

enum metric {
#define METRIC_SYMBOL(symbol, field, column, kind, title) METRIC_##symbol,
    METRICS(METRIC_SYMBOL)
#undef METRIC_SYMBOL
        METRIC_COUNT
};

/* The first METRIC_SEED_COUNT metrics are the columns of the Python system that this one replaces. */
#define METRIC_SEED_COUNT 4

/* The first METRIC_BASE_COUNT metrics are those of version 0.1. Most nodes have them; the others only where there is a
 * source for them. */
#define METRIC_BASE_COUNT 14

enum metric_kind {
    METRIC_PERCENT, /* 0 to 100, in hundredths */
    METRIC_GAUGE,   /* 0 to METRIC_GAUGE_MAX, in hundredths; a load, a queue, requests per second */
    METRIC_COUNTER, /* bytes since some start; never decreases within an instance */
    METRIC_EVENTS   /* as METRIC_COUNTER, but it counts events */
};

#define METRIC_GAUGE_MAX 1e12

/* Whether the value is a whole number that only increases. */
#define METRIC_COUNTS(kind) ((kind) == METRIC_COUNTER || (kind) == METRIC_EVENTS)

/* The number of counters. */
#define METRIC_ONE(symbol, field, column, kind, title) +METRIC_COUNTS(kind)
#define METRIC_COUNTERS                                (0 METRICS(METRIC_ONE))

/* Those of the first METRIC_BASE_COUNT metrics. */
#define METRIC_BASE_ONE(symbol, field, column, kind, title)                                                            \
    +(METRIC_COUNTS(kind) && METRIC_##symbol < METRIC_BASE_COUNT)
#define METRIC_BASE_COUNTERS (0 METRICS(METRIC_BASE_ONE))

struct metric_info {
    const char *name;   /* with its unit, as in the message: cpu_percent */
    const char *column; /* of the CSV: cpu */
    enum metric_kind kind;
    const char *title; /* for people: CPU */
};

extern const struct metric_info metric_table[METRIC_COUNT];

#endif
