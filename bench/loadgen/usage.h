/* CPU time and memory of a process, from /proc. A process is its id and the time of its start: the id of one that has
 * ended may be given to another. */
#ifndef LOADGEN_USAGE_H
#define LOADGEN_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct usage {
    uint64_t start_ticks; /* when the process was started, after the boot of this machine; 0: it can't be read */
    uint64_t main_ns;     /* CPU time of the main thread */
    uint64_t other_ns;    /* and of all other live threads */
    uint64_t resident_kib;
};

/* All zeros if the process can't be read. */
void usage_read(pid_t pid, struct usage *usage);

/* What a process used between two readings. */
struct usage_span {
    pid_t pid;
    struct usage last; /* the newest reading */
    bool ended;        /* the process of the first reading exists no more */
    uint64_t main_ns;
    uint64_t other_ns;
};

/* Begins with a first reading. pid: 0 for none, of which all is 0. */
void usage_span_begin(struct usage_span *span, pid_t pid);

/* Adds what was used since the last reading. When the process has ended, nothing more is added: what it used since the
 * reading before, and what its successor with the same id uses, do not count. False: it has ended. */
bool usage_span_add(struct usage_span *span);

#endif
