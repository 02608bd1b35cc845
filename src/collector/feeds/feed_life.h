/* Pure. The life of a program that reports signals: when it is started, and what its silence and its end mean.
 *
 * A program may keep running, and then prints at least once in its silence limit; or it prints, ends with exit status
 * 0, and is run again shortly before the next tick. One that fails is started again after a growing wait. */
#ifndef COLLECTOR_FEEDS_FEED_LIFE_H
#define COLLECTOR_FEEDS_FEED_LIFE_H

#include "common/backoff.h"

#include <stdbool.h>
#include <stdint.h>

#define FEED_SILENCE_MS 10000U /* after which the signals of a program that keeps running are missing, */
#define FEED_HANG_MS    50000U /* and from there until it is killed */
#define FEED_WAIT_MIN   1000U  /* ms from a failure to the next start */
#define FEED_WAIT_MAX   60000U

enum feed_step {
    FEED_NOTHING,
    FEED_START,  /* it is due: start it */
    FEED_SILENT, /* its signals are missing from now on */
    FEED_KILL    /* it hangs */
};

struct feed_life {
    uint64_t tick_ms;
    uint64_t silence_ms;
    uint64_t hang_ms; /* FEED_HANG_MS, but in tests */
    uint64_t hash;    /* spreads the starts of programs */
    struct backoff backoff;
    bool is_running;
    bool ends;         /* its last run ended well: it need not print until the next tick */
    bool has_reported; /* this run has reported a signal */
    bool is_silent;
    bool is_killed;
    uint64_t due_ms; /* of the next start */
    uint64_t started_ms;
    uint64_t heard_ms; /* of the last report of this run, or of its start */
};

/* It is due at once. */
void feed_life_init(struct feed_life *life, uint64_t tick_ms, uint64_t silence_ms, uint64_t hash, uint64_t now_ms);

/* What is to be done now. After FEED_START it runs until feed_life_ended(). */
enum feed_step feed_life_step(struct feed_life *life, uint64_t now_ms);

/* It has reported one of its signals. */
void feed_life_heard(struct feed_life *life, uint64_t now_ms);

/* It has ended, with exit status 0 or not. Returns whether it has failed: its signals are missing. */
bool feed_life_ended(struct feed_life *life, bool is_exit_0, uint64_t now_ms);

/* When the next step may be one. */
uint64_t feed_life_due_ms(const struct feed_life *life);

#endif
