/* Pure. Whether a counter has risen lately: its rise counts as a problem for PROBLEM_RISE_MS. */
#ifndef COLLECTOR_PROBLEMS_PROBLEM_RISE_H
#define COLLECTOR_PROBLEMS_PROBLEM_RISE_H

#include <stdbool.h>
#include <stdint.h>

#define PROBLEM_RISE_MS INT64_C(900000) /* the range of increase() in the alert rules */

/* All zero at the beginning. */
struct problem_rise {
    bool is_known;
    bool is_risen;
    uint64_t value;  /* at the last look */
    uint64_t before; /* the first of the rises that count */
    int64_t rose_ms; /* the last rise */
};

/* The counter has this value now. The first value is no rise, and neither is a lower one: who counts has started again.
 * Returns by how much the counter has risen since before the first of the rises that count; 0: it has not. */
uint64_t problem_rise_look(struct problem_rise *rise, uint64_t value, int64_t now_ms);

#endif
