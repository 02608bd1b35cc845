#include "agent/metrics/cgroup_rates.h"

/* The quota holds on average: a cgroup may save up some of it (cpu.max.burst), and the two clocks are not read at the
 * same moment. */
#define SLACK_US 50000U

static double at_most(double limit, double value)
{
    return value < limit ? value : limit;
}

enum cgroup_verdict cgroup_cpu_step(struct cgroup_cpu *cpu, uint64_t usage_us, uint64_t uptime_ms, uint64_t cpu_milli,
                                    uint64_t machine_milli, double *percent)
{
    const struct cgroup_cpu last = *cpu;

    *cpu = (struct cgroup_cpu){.primed = true, .usage_us = usage_us, .uptime_ms = uptime_ms};
    if (!last.primed || uptime_ms <= last.uptime_ms || cpu_milli == 0)
        return CGROUP_NOTHING;
    if (usage_us < last.usage_us)
        return CGROUP_IMPOSSIBLE;
    /* Milliseconds times thousandths are microseconds. */
    double elapsed_ms = (double)(uptime_ms - last.uptime_ms);
    double used_us = (double)(usage_us - last.usage_us);
    if (machine_milli > 0 && used_us > elapsed_ms * (double)machine_milli * 1.25 + SLACK_US)
        return CGROUP_IMPOSSIBLE;
    *percent = at_most(100.0, 100.0 * used_us / (elapsed_ms * (double)cpu_milli));
    return CGROUP_SHARE;
}

bool cgroup_throttling_step(struct cgroup_throttling *throttling, uint64_t periods, uint64_t throttled, double *percent)
{
    const struct cgroup_throttling last = *throttling;

    *throttling = (struct cgroup_throttling){.primed = true, .periods = periods, .throttled = throttled};
    if (!last.primed || periods < last.periods || throttled < last.throttled)
        return false;
    double passed = (double)(periods - last.periods);
    *percent = passed > 0.0 ? at_most(100.0, 100.0 * (double)(throttled - last.throttled) / passed) : 0.0;
    return true;
}

uint64_t cgroup_count_step(struct cgroup_count *count, uint64_t now)
{
    uint64_t last = count->primed && now >= count->last ? count->last : 0;

    count->total += now - last;
    count->last = now;
    count->primed = true;
    return count->total;
}
