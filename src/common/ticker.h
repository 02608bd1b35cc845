/* A timer that does not drift: it fires at phase, phase + interval, phase + 2 intervals, ... of the loop's clock.
 * Missed ticks (after a suspend) are skipped. */
#ifndef COMMON_TICKER_H
#define COMMON_TICKER_H

#include <stdint.h>
#include <uv.h>

typedef void ticker_cb(uint64_t now_ms, void *arg);

struct ticker {
    uv_timer_t timer;
    uint64_t interval_ms;
    uint64_t phase_ms;
    uint64_t due_ms;
    ticker_cb *cb;
    void *arg;
};

/* interval_ms > 0. Cannot fail. */
void ticker_start(struct ticker *ticker, uv_loop_t *loop, uint64_t interval_ms, uint64_t phase_ms, ticker_cb *cb,
                  void *arg);

/* A new interval, from now on. */
void ticker_set_interval(struct ticker *ticker, uint64_t interval_ms);

void ticker_close(struct ticker *ticker);

#endif
