/* Faults. Each seed has its own mixture: some kinds often, some never. */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "sim/sim.h"

#include <stdint.h>

#define FAULTS(X)                                                                                                      \
    X(CUT_LINK)                                                                                                        \
    X(STALL_LINK)                                                                                                      \
    X(PARTITION)                                                                                                       \
    X(PAUSE_AGENT)                                                                                                     \
    X(PAUSE_COLLECTOR)                                                                                                 \
    X(KILL_AGENT)                                                                                                      \
    X(REBOOT_AGENT)                                                                                                    \
    X(STOP_AGENT)                                                                                                      \
    X(DRAIN_AGENT)                                                                                                     \
    X(KILL_COLLECTOR)                                                                                                  \
    X(REBOOT_COLLECTOR)                                                                                                \
    X(STOP_COLLECTOR)                                                                                                  \
    X(CRASH_IN_WRITE)                                                                                                  \
    X(FULL_DISK)                                                                                                       \
    X(FAILING_DISK)                                                                                                    \
    X(SLOW_DISK)                                                                                                       \
    X(DAMAGE_SPOOL)                                                                                                    \
    X(DAMAGE_INDEX)                                                                                                    \
    X(REMOVE_SEGMENT)                                                                                                  \
    X(STEP_AGENT_CLOCK)                                                                                                \
    X(STEP_COLLECTOR_CLOCK)

enum fault {
#define FAULT_NAME(name) FAULT_##name,
    FAULTS(FAULT_NAME)
#undef FAULT_NAME
        FAULT_COUNT
};

struct faults {
    struct world *world;
    unsigned weight[FAULT_COUNT];
    unsigned weights;
    uint64_t pause_ms; /* between two faults, at most */
    uint64_t next_ms;
    uint64_t disk_ms[SIM_COLLECTORS_MAX]; /* until then the disk fails */
};

void faults_init(struct faults *faults, struct world *world);
uint64_t faults_due(const struct faults *faults);
void faults_run(struct faults *faults);

/* Ends faults that last, and injects no more. */
void faults_stop(struct faults *faults);

#endif
