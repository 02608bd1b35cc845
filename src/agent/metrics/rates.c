#include "agent/metrics/rates.h"

#include <stdio.h>

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

static double at_most(double limit, double value)
{
    return value < limit ? value : limit;
}

/* ---- cpu ---- */

#define TICKS_PER_S    100.0   /* USER_HZ, the same for all programs on Linux */
#define TICKS_FEW      20.0    /* as many more or less are no evidence: a reading is late, or a tick is */
#define US_PER_TICK    10000.0 /* imitations of /proc count microseconds */
#define JUMP_FACTOR    32.0    /* a reading that is very late counts many times the ticks of its interval */
#define JUMP_FACTOR_US 8.0
#define STALLED_SHARE  0.1
#define LOADED_SHARE   0.5

static bool are_microseconds(double ticks, double expected)
{
    double scaled = ticks / US_PER_TICK;

    return scaled >= STALLED_SHARE * expected && scaled <= JUMP_FACTOR_US * (expected + TICKS_FEW);
}

/* rare: the ticks of iowait, irq, softirq and steal; no imitation has them. */
static bool impossible(double ticks, double rare, double expected, bool any_idle)
{
    double most = JUMP_FACTOR * (expected + TICKS_FEW);

    if (expected == 0.0)
        return false;
    if (rare > most || (ticks > most && !are_microseconds(ticks, expected)))
        return true;
    return expected >= TICKS_FEW && ticks < (any_idle ? STALLED_SHARE : LOADED_SHARE) * expected;
}

struct cpu_shares rates_step_cpu(struct cpu_rates *rates, const struct procfs_cpu *now, uint64_t uptime_ms,
                                 unsigned processors)
{
    const struct cpu_rates last = *rates;
    struct cpu_shares shares = {.has_iowait = now->fields > PROCFS_CPU_IOWAIT,
                                .has_steal = now->fields > PROCFS_CPU_STEAL};
    double since[PROCFS_CPU_FIELDS];

    *rates = (struct cpu_rates){.last = *now, .uptime_ms = uptime_ms, .primed = true};
    if (!last.primed || uptime_ms < last.uptime_ms)
        return shares;

    /* Doubles: the sum of eight such differences can't overflow. */
    for (unsigned i = 0; i < PROCFS_CPU_FIELDS; i++) {
        since[i] = now->ticks[i] > last.last.ticks[i] ? (double)(now->ticks[i] - last.last.ticks[i]) : 0.0;
        shares.ticks += since[i];
    }
    double rare =
        since[PROCFS_CPU_IOWAIT] + since[PROCFS_CPU_IRQ] + since[PROCFS_CPU_SOFTIRQ] + since[PROCFS_CPU_STEAL];
    double unused = since[PROCFS_CPU_IDLE] + since[PROCFS_CPU_IOWAIT];
    shares.expected = (double)(uptime_ms - last.uptime_ms) / 1000.0 * TICKS_PER_S * processors;
    if (impossible(shares.ticks, rare, shares.expected, unused > 0.0))
        shares.verdict = CPU_IMPOSSIBLE;
    else if (shares.ticks > 0.0)
        shares.verdict = CPU_SHARES;
    if (shares.verdict != CPU_SHARES)
        return shares;
    shares.busy_percent = 100.0 * (shares.ticks - unused) / shares.ticks;
    shares.iowait_percent = 100.0 * since[PROCFS_CPU_IOWAIT] / shares.ticks;
    shares.steal_percent = 100.0 * since[PROCFS_CPU_STEAL] / shares.ticks;
    return shares;
}

void rates_complain(char *text, size_t size, const char *counters, unsigned intervals)
{
    unsigned power = 1;

    while (intervals / power >= 10)
        power *= 10;
    snprintf(text, size,
             "%s can't be those of the time that has passed; such intervals have no cpu metrics (%u or more so far)",
             counters, power);
}

/* ---- devices ---- */

#define IN_FLIGHT_MS 10000U

void rates_devices_begin(struct device_rates *rates, uint64_t uptime_ms)
{
    bool moved_on = rates->pass > 0 && uptime_ms > rates->uptime_ms;

    rates->elapsed_ms = moved_on ? uptime_ms - rates->uptime_ms : 0;
    rates->uptime_ms = uptime_ms;
    rates->started = rates->started || rates->totals.any;
    rates->pass++;
    rates->totals.any = false;
    rates->totals.has_busy = false;
    rates->totals.busy_percent = 0.0;
}

/* Whether its busy time can be right. */
static bool has_requests(const struct device_rates *rates, struct device *device, const struct device_reading *reading)
{
    if (reading->events != device->events) {
        device->event_ms = rates->uptime_ms;
        return true;
    }
    return reading->in_flight > 0 && device->event_ms > 0 && rates->uptime_ms - device->event_ms <= IN_FLIGHT_MS;
}

static void advance(struct device_rates *rates, struct device *device, const struct device_reading *reading)
{
    struct device_totals *totals = &rates->totals;
    bool requests = has_requests(rates, device, reading);

    totals->in_total += rates_advance_counter(device->in, reading->in);
    totals->out_total += rates_advance_counter(device->out, reading->out);
    if (rates->elapsed_ms == 0)
        return;
    totals->has_busy = true;
    if (!requests)
        return;
    double busy_ms = (double)rates_advance_counter(device->busy_ms, reading->busy_ms);
    double busy = at_most(100.0, 100.0 * busy_ms / (double)rates->elapsed_ms);
    if (busy > totals->busy_percent)
        totals->busy_percent = busy;
}

void rates_devices_add(struct device_rates *rates, struct device *device, const struct device_reading *reading)
{
    if (device->pass != 0 && device->pass + 1 == rates->pass) {
        advance(rates, device, reading);
    } else {
        device->event_ms = 0;
        if (!rates->started) {
            rates->totals.in_total += reading->in;
            rates->totals.out_total += reading->out;
        }
    }
    device->in = reading->in;
    device->out = reading->out;
    device->busy_ms = reading->busy_ms;
    device->events = reading->events;
    device->pass = rates->pass;
    rates->totals.any = true;
}
