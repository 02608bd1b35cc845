/* Pure. Converts raw counters to metrics: percentages over the time since the last reading, and counts that never
 * decrease. */
#ifndef AGENT_METRICS_RATES_H
#define AGENT_METRICS_RATES_H

#include "agent/metrics/device_table.h"
#include "agent/metrics/procfs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How far a counter advanced from before to now. A fall from near 2^32 to near 0 is a wrap of a 32-bit counter, a fall
 * from near 2^64 one of a 64-bit counter. Any other fall is a reset, and the counter has advanced by now since. */
uint64_t rates_advance_counter(uint64_t before, uint64_t now);

/* ---- cpu ---- */

/* The last reading; all zeros at first. */
struct cpu_rates {
    struct procfs_cpu last;
    uint64_t uptime_ms;
    bool primed;
};

enum cpu_verdict {
    CPU_NOTHING,   /* the first reading, or no tick has passed in hardly any time */
    CPU_SHARES,    /* the shares are known */
    CPU_IMPOSSIBLE /* the ticks can't be those of this time */
};

struct cpu_shares {
    enum cpu_verdict verdict;
    double ticks;    /* between the readings, as they were counted */
    double expected; /* of the time between them and the processors; 0: unknown */
    double busy_percent;
    double iowait_percent;
    double steal_percent;
    bool has_iowait; /* the kernel counts it */
    bool has_steal;
};

/* The shares between the last reading and this one, 0 to 100. A field that falls counts as 0 for this interval: idle
 * and iowait are sums over the processors that the kernel estimates, and fall a little; steal falls by much on some
 * clouds.
 *
 * The ticks that were counted are held against those that must have passed, uptime_ms since the last reading times
 * processors (0: unknown, nothing is checked). They are impossible
 * - beyond 32 times as many: a counter has jumped. It is that many, because a late reading counts more than its time.
 *   Imitations of /proc that count microseconds instead are believed,
 * - below a tenth: counters stand still, or were reset,
 * - below a half when neither idle nor iowait has advanced, and nearly all ticks must be those of load. */
struct cpu_shares rates_step_cpu(struct cpu_rates *rates, const struct procfs_cpu *now, uint64_t uptime_ms,
                                 unsigned processors);

/* The sentence to log about impossible counters; intervals: how many there were so far. It changes only with each power
 * of 10. */
void rates_complain(char *text, size_t size, const char *counters, unsigned intervals);

/* ---- devices ---- */

/* The sums over the devices of a table; all zeros at first. */
struct device_totals {
    uint64_t in_total;
    uint64_t out_total;
    bool any;      /* at least one device was counted in this pass */
    bool has_busy; /* time has passed since the last pass, and a device was counted in both */
    double busy_percent;
};

struct device_rates {
    uint64_t uptime_ms;  /* of this pass */
    uint64_t elapsed_ms; /* since the last pass; 0: there was none, or the clock did not advance */
    uint32_t pass;       /* counts from 1 */
    bool started;        /* the totals hold the counters of the first devices */
    struct device_totals totals;
};

struct device_reading {
    uint64_t in;
    uint64_t out;
    uint64_t busy_ms;
    uint64_t events;    /* grows with each request that begins, and each that ends */
    uint64_t in_flight; /* requests */
};

/* One pass over all devices of a tick:
 *     rates_devices_begin(rates, uptime_ms);
 *     rates_devices_add(rates, device, &reading) for each device that counts;
 *     rates->totals are the sums.
 * in_total and out_total start as the sums of the counters of the first pass that counts a device, and then grow by
 * each device's advance, so that they never fall: not when a counter wraps or resets, and not when a device is
 * unplugged. A device that is new, or was not counted in the last pass, counts from this pass on: its counters may hold
 * a year's worth, or what was already counted under another name. busy_percent is that of the busiest device over the
 * time since the last pass. Only requests make a device busy: some kernels count busy time for a device that has none,
 * or a request in flight that does not exist. One that is in flight is believed for 10 s after the last that began or
 * ended. */
void rates_devices_begin(struct device_rates *rates, uint64_t uptime_ms);
void rates_devices_add(struct device_rates *rates, struct device *device, const struct device_reading *reading);

#endif
