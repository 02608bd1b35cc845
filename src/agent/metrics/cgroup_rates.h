/* Pure. Converts what a cgroup's counters say to metrics: cpu and throttling over the time since the last reading, and
 * counts that never decrease. */
#ifndef AGENT_METRICS_CGROUP_RATES_H
#define AGENT_METRICS_CGROUP_RATES_H

#include <stdbool.h>
#include <stdint.h>

/* All zeros before the first reading, and after another cgroup has taken the place of the last one. */
struct cgroup_cpu {
    bool primed;
    uint64_t usage_us;
    uint64_t uptime_ms;
};

enum cgroup_verdict {
    CGROUP_NOTHING,   /* the first reading, or no time has passed */
    CGROUP_SHARE,     /* the share is known */
    CGROUP_IMPOSSIBLE /* the counter has fallen, or grown by more than the machine can do */
};

/* The share of the cpus that were used, 0 to 100; written if it is known. usage_us is the cpu time so far, cpu_milli
 * what may be used, machine_milli the same of the whole machine (0: unknown). */
enum cgroup_verdict cgroup_cpu_step(struct cgroup_cpu *cpu, uint64_t usage_us, uint64_t uptime_ms, uint64_t cpu_milli,
                                    uint64_t machine_milli, double *percent);

/* As above. */
struct cgroup_throttling {
    bool primed;
    uint64_t periods;
    uint64_t throttled;
};

/* The share of the periods in which the quota was used up, 0 to 100; 0 without any: then nothing ran. */
bool cgroup_throttling_step(struct cgroup_throttling *throttling, uint64_t periods, uint64_t throttled,
                            double *percent);

/* A counter of a cgroup that may be replaced by another one. All zeros at first. */
struct cgroup_count {
    bool primed;
    uint64_t last;
    uint64_t total;
};

/* What it has counted in all. */
uint64_t cgroup_count_step(struct cgroup_count *count, uint64_t now);

#endif
