/* Pure. Limits how often a line that a peer can cause is logged. */
#ifndef COMMON_LOG_LIMIT_H
#define COMMON_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* At most `burst` lines per `interval_ms`; the other members are zeros at the start. */
struct log_limit {
    uint64_t interval_ms;
    unsigned burst;
    uint64_t since_ms;
    unsigned count;
    unsigned suppressed;
};

/* Whether the line may be logged now. When a new interval begins, *suppressed is how many lines the last one
 * suppressed. */
bool log_limit_pass(struct log_limit *limit, uint64_t now_ms, unsigned *suppressed);

/* How many lines the interval suppressed, if it is over: each of them is returned once. */
unsigned log_limit_take(struct log_limit *limit, uint64_t now_ms);

/* The same, whether or not the interval is over. */
unsigned log_limit_take_all(struct log_limit *limit);

#endif
