#include "common/ticker.h"

#include "common/handle.h"

static void arm(struct ticker *ticker);

static void ticker_on_timer(uv_timer_t *timer)
{
    struct ticker *ticker = timer->data;
    uint64_t now_ms = uv_now(timer->loop);

    arm(ticker);
    ticker->cb(now_ms, ticker->arg);
}

/* The first deadline after now. */
static uint64_t next_due_ms(const struct ticker *ticker, uint64_t now_ms)
{
    uint64_t phase_ms = ticker->phase_ms % ticker->interval_ms;

    if (now_ms < phase_ms)
        return phase_ms;
    return now_ms - (now_ms - phase_ms) % ticker->interval_ms + ticker->interval_ms;
}

static void arm(struct ticker *ticker)
{
    uint64_t now_ms = uv_now(ticker->timer.loop);

    ticker->due_ms = next_due_ms(ticker, now_ms);
    uv_timer_start(&ticker->timer, ticker_on_timer, ticker->due_ms - now_ms, 0);
}

void ticker_start(struct ticker *ticker, uv_loop_t *loop, uint64_t interval_ms, uint64_t phase_ms, ticker_cb *cb,
                  void *arg)
{
    *ticker = (struct ticker){.interval_ms = interval_ms, .phase_ms = phase_ms, .cb = cb, .arg = arg};
    uv_timer_init(loop, &ticker->timer);
    ticker->timer.data = ticker;
    arm(ticker);
}

void ticker_set_interval(struct ticker *ticker, uint64_t interval_ms)
{
    ticker->interval_ms = interval_ms;
    arm(ticker);
}

void ticker_close(struct ticker *ticker)
{
    handle_close(&ticker->timer, NULL);
}
