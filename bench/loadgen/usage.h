/* CPU time and memory of a process, from /proc. */
#ifndef LOADGEN_USAGE_H
#define LOADGEN_USAGE_H

#include <stdint.h>
#include <sys/types.h>

struct usage {
    uint64_t main_ns;  /* CPU time of the main thread */
    uint64_t other_ns; /* and of all other live threads */
    uint64_t resident_kib;
};

/* All zeros if the process can't be read. */
void usage_read(pid_t pid, struct usage *usage);

#endif
