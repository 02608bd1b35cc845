#include "common/recheck.h"

#define LOOK_MS 10000U

static void begin(struct recheck *recheck);

static void recheck_on_work(uv_work_t *work)
{
    struct recheck *recheck = work->data;

    recheck->calls->look(recheck->arg);
}

static void recheck_on_done(uv_work_t *work, int status)
{
    struct recheck *recheck = work->data;
    bool is_closing = uv_is_closing((uv_handle_t *)&recheck->ticker.timer);
    bool again = recheck->again && !is_closing;

    (void)status; /* never cancelled */
    recheck->works = false;
    recheck->again = false;
    recheck->calls->done(recheck->arg, !again && !is_closing);
    if (again)
        begin(recheck);
}

static void begin(struct recheck *recheck)
{
    if (recheck->works || !recheck->calls->begin(recheck->arg))
        return;
    recheck->works = true;
    uv_queue_work(recheck->ticker.timer.loop, &recheck->work, recheck_on_work, recheck_on_done);
}

static void recheck_on_tick(uint64_t now_ms, void *arg)
{
    (void)now_ms;
    begin(arg);
}

void recheck_start(struct recheck *recheck, uv_loop_t *loop, const struct recheck_calls *calls, void *arg)
{
    *recheck = (struct recheck){.calls = calls, .arg = arg};
    recheck->work.data = recheck;
    ticker_start(&recheck->ticker, loop, LOOK_MS, 0, recheck_on_tick, recheck);
}

void recheck_now(struct recheck *recheck)
{
    if (recheck->calls == NULL)
        return;
    recheck->again = recheck->works;
    begin(recheck);
}

void recheck_close(struct recheck *recheck)
{
    if (recheck->calls != NULL)
        ticker_close(&recheck->ticker);
}
