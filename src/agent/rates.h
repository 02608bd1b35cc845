/* Pure. Converts raw counters to metrics: percentages over the time since the last reading, and byte counts that
 * never decrease. */
#ifndef AGENT_RATES_H
#define AGENT_RATES_H

#include "agent/procfs.h"

#include <stdbool.h>
#include <stdint.h>

/* How far a counter advanced from before to now. A fall from near 2^32 to near 0 is a wrap of a 32-bit counter, a fall
 * from near 2^64 one of a 64-bit counter. Any other fall is a reset, and the counter has advanced by now since. */
uint64_t rates_advance_counter(uint64_t before, uint64_t now);

/* The cpu shares between two readings, 0 to 100. false (nothing written) at the first reading, or when no time has
 * passed. */
struct cpu_rates {
    struct procfs_cpu last;
    bool primed;
};

bool rates_step_cpu(struct cpu_rates *rates, const struct procfs_cpu *now, double *busy_percent, double *iowait_percent,
                    double *steal_percent);

/* A table of devices (disks or network interfaces) with their last counters. */
struct device_rates;

/* capacity: the most devices in the table; those beyond it are not counted. NULL when memory is out. */
struct device_rates *rates_devices_new(unsigned capacity);
void rates_devices_free(struct device_rates *rates);

/* One pass over all devices of a tick:
 *     rates_devices_begin(rates, uptime_ms);
 *     rates_devices_add(rates, name, a, b, busy_ms) for each device that counts;
 *     rates_devices_end(rates, ...) for the sums.
 * in_total and out_total start as the sums of the counters of the first pass that sees a device, and then grow by each
 * device's advance, so that they never fall: not when a counter wraps or resets, and not when a device is unplugged.
 * A device that is new, or that was missing in the last pass, counts from that pass on: its counters may hold a year's
 * worth, or what was already counted under another name.
 * busy_percent is that of the busiest device over the time since the last pass. */
struct device_totals {
    uint64_t in_total;
    uint64_t out_total;
    bool any;      /* at least one device was seen in this pass */
    bool has_busy; /* time has passed since the last pass, and a device was seen in both */
    double busy_percent;
};

void rates_devices_begin(struct device_rates *rates, uint64_t uptime_ms);
void rates_devices_add(struct device_rates *rates, const char *name, uint64_t in, uint64_t out, uint64_t busy_ms);
void rates_devices_end(struct device_rates *rates, struct device_totals *totals);

#endif
