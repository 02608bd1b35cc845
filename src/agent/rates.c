#include "agent/rates.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A wrap is a short way past the end of the counter's range: at most a sixteenth of the range. */
uint64_t rates_advance_counter(uint64_t before, uint64_t now)
{
    uint64_t around = now - before; /* modulo 2^64 */

    if (now >= before)
        return around;
    if (before <= UINT32_MAX && (uint32_t)around <= UINT32_MAX / 16)
        return (uint32_t)around;
    if (around <= UINT64_MAX / 16)
        return around;
    return now;
}

/* idle and iowait are sums over the cores that the kernel estimates, and can fall a little. */
static double ticks_since(uint64_t before, uint64_t now)
{
    return now > before ? (double)(now - before) : 0.0;
}

static double at_most(double limit, double value)
{
    return value < limit ? value : limit;
}

bool rates_step_cpu(struct cpu_rates *rates, const struct procfs_cpu *now, double *busy_percent, double *iowait_percent,
                    double *steal_percent)
{
    const struct procfs_cpu last = rates->last;
    const bool primed = rates->primed;

    rates->last = *now;
    rates->primed = true;
    if (!primed)
        return false;

    double busy = ticks_since(last.busy, now->busy);
    double iowait = ticks_since(last.iowait, now->iowait);
    double total = busy + iowait + ticks_since(last.idle, now->idle);
    double steal = at_most(busy, ticks_since(last.steal, now->steal));

    if (total <= 0.0)
        return false;
    *busy_percent = 100.0 * busy / total;
    *iowait_percent = 100.0 * iowait / total;
    *steal_percent = 100.0 * steal / total;
    return true;
}

struct device {
    char name[PROCFS_DEVICE_NAME_MAX];
    uint64_t in;
    uint64_t out;
    uint64_t busy_ms;
    bool seen; /* in this pass */
};

struct device_rates {
    uint64_t uptime_ms;  /* of this pass */
    uint64_t elapsed_ms; /* since the last pass; 0: there was none, or the clock did not advance */
    bool primed;         /* uptime_ms is that of a pass */
    bool started;        /* the totals hold the counters of the first devices */
    struct device_totals totals;
    unsigned capacity;
    unsigned count;
    unsigned cursor; /* behind the last device found: the kernel lists them in the same order each time */
    struct device devices[];
};

struct device_rates *rates_devices_new(unsigned capacity)
{
    struct device_rates *rates = calloc(1, sizeof *rates + capacity * sizeof rates->devices[0]);

    if (rates != NULL)
        rates->capacity = capacity;
    return rates;
}

void rates_devices_free(struct device_rates *rates)
{
    free(rates);
}

static struct device *device_find(struct device_rates *rates, const char *name)
{
    for (unsigned i = 0; i < rates->count; i++) {
        unsigned at = (rates->cursor + i) % rates->count;

        if (strcmp(rates->devices[at].name, name) == 0) {
            rates->cursor = at + 1;
            return &rates->devices[at];
        }
    }
    return NULL;
}

void rates_devices_begin(struct device_rates *rates, uint64_t uptime_ms)
{
    bool moved_on = rates->primed && uptime_ms > rates->uptime_ms;

    rates->elapsed_ms = moved_on ? uptime_ms - rates->uptime_ms : 0;
    rates->uptime_ms = uptime_ms;
    rates->primed = true;
    rates->cursor = 0;
    rates->totals.any = false;
    rates->totals.has_busy = false;
    rates->totals.busy_percent = 0.0;
}

static void device_advance(struct device_rates *rates, const struct device *device, uint64_t in, uint64_t out,
                           uint64_t busy_ms)
{
    struct device_totals *totals = &rates->totals;

    totals->in_total += rates_advance_counter(device->in, in);
    totals->out_total += rates_advance_counter(device->out, out);
    if (rates->elapsed_ms == 0)
        return;

    double busy = 100.0 * (double)rates_advance_counter(device->busy_ms, busy_ms) / (double)rates->elapsed_ms;
    if (busy > totals->busy_percent)
        totals->busy_percent = at_most(100.0, busy);
    totals->has_busy = true;
}

static struct device *device_append(struct device_rates *rates, const char *name, size_t len)
{
    struct device *device = &rates->devices[rates->count++];

    memcpy(device->name, name, len + 1);
    return device;
}

void rates_devices_add(struct device_rates *rates, const char *name, uint64_t in, uint64_t out, uint64_t busy_ms)
{
    struct device *device = device_find(rates, name);
    size_t len = strlen(name);

    assert(len < PROCFS_DEVICE_NAME_MAX);
    if (device != NULL) {
        device_advance(rates, device, in, out, busy_ms);
    } else {
        if (rates->count == rates->capacity)
            return;
        device = device_append(rates, name, len);
        if (!rates->started) {
            rates->totals.in_total += in;
            rates->totals.out_total += out;
        }
    }
    device->in = in;
    device->out = out;
    device->busy_ms = busy_ms;
    device->seen = true;
    rates->totals.any = true;
}

void rates_devices_end(struct device_rates *rates, struct device_totals *totals)
{
    unsigned left = 0;

    for (unsigned i = 0; i < rates->count; i++) {
        if (!rates->devices[i].seen)
            continue;
        rates->devices[left] = rates->devices[i];
        rates->devices[left++].seen = false;
    }
    rates->count = left;
    rates->started = rates->started || rates->totals.any;
    *totals = rates->totals;
}
