/* Pure. Chooses the cgroup that stands for the node, with its limits and the files to read.
 *
 * The cgroup is the nearest one, from the process's own upward, that has a limit: a container may be a cgroup whose
 * processes are in cgroups below it. Its limits are the smallest of its own and of its ancestors, as far as they can be
 * seen. A limit that the machine can't reach is none. */
#ifndef AGENT_METRICS_CGROUP_VIEW_H
#define AGENT_METRICS_CGROUP_VIEW_H

#include "agent/metrics/cgroup_place.h"
#include "agent/node/node_source.h"

#include <stdbool.h>
#include <stdint.h>

enum cgroup_file {
    CGROUP_FILE_CPU,       /* cpu.stat; version 1: cpuacct.usage */
    CGROUP_FILE_THROTTLED, /* cpu.stat of the cgroup with the smallest quota */
    CGROUP_FILE_MEMORY,    /* memory.current; version 1: memory.usage_in_bytes */
    CGROUP_FILE_MEMORY_STAT,
    CGROUP_FILE_OOM,  /* memory.events; version 1: memory.oom_control */
    CGROUP_FILE_SWAP, /* memory.swap.current; version 1: memory.stat */
    CGROUP_FILE_IO,   /* io.stat; version 1: blkio.throttle.io_service_bytes */
    CGROUP_FILE_PSI_CPU,
    CGROUP_FILE_PSI_MEMORY,
    CGROUP_FILE_PSI_IO,
    CGROUP_FILES
};

struct cgroup_view {
    bool found;            /* false: the machine stands for itself */
    uint64_t cpu_milli;    /* that may be used, in thousandths; 0: unknown */
    uint64_t memory_bytes; /* the same; 0: unknown */
    uint64_t swap_bytes;   /* 0: none, or not limited */
    bool cpu_is_1;         /* the cpu files are of version 1 */
    bool memory_is_1;
    bool io_is_1;
    char name[CGROUP_PATH_MAX];                     /* the directory, for people */
    char paths[CGROUP_FILES][CGROUP_PATH_MAX + 32]; /* "": there is no such file */
};

/* What the machine has; 0: unknown. */
struct cgroup_machine {
    unsigned cores;
    uint64_t memory_bytes;
};

/* Begins with the cgroups in the places. Without any limit, no view is found. */
void cgroup_view_choose(struct cgroup_view *view, const struct cgroup_places *places,
                        const struct cgroup_machine *machine, const struct node_source *node);

/* The cgroup in the places, whether or not it has a limit; it is found if it exists. */
void cgroup_view_take(struct cgroup_view *view, const struct cgroup_places *places,
                      const struct cgroup_machine *machine, const struct node_source *node);

#endif
