/* Pure. Whether the turns of the event loop use too much CPU time: more than 1 % of them over 5 ms, judged once for
 * each PROBLEM_TURNS_MS. */
#ifndef COLLECTOR_PROBLEMS_PROBLEM_TURNS_H
#define COLLECTOR_PROBLEMS_PROBLEM_TURNS_H

#include "common/histogram.h"

#include <stdbool.h>
#include <stdint.h>

#define PROBLEM_TURNS_MS INT64_C(300000) /* the range of rate() in the alert rule */

/* All zero at the beginning. */
struct problem_turns {
    int64_t begun_ms; /* 0: there was no look yet */
    uint64_t all;     /* turns until then */
    uint64_t quick;   /* of them, those that used at most 5 ms */
    double share;     /* of the turns that used more, in the last complete period */
};

/* cpus_us: CPU time of each turn since the start. Returns whether the loop was slow in the last complete period. */
bool problem_turns_look(struct problem_turns *turns, const struct histogram *cpus_us, int64_t now_ms);

#endif
