#include "agent/primary_watch.h"

#include "common/handle.h"

static void primary_watch_on_timer(uv_timer_t *timer);

static void arm_timer(struct primary_watch *watch)
{
    uint64_t now_ms = uv_now(watch->timer.loop);
    uint64_t due_ms = reachability_due_ms(&watch->reachability);

    if (due_ms == UINT64_MAX)
        uv_timer_stop(&watch->timer);
    else
        uv_timer_start(&watch->timer, primary_watch_on_timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

static void note_attempt(struct primary_watch *watch, bool connected)
{
    bool steady = reachability_on_attempt(&watch->reachability, connected, uv_now(watch->timer.loop));

    arm_timer(watch);
    if (steady)
        watch->cb(watch->arg);
}

static void primary_watch_on_dial(enum dial_event event, int status, void *arg)
{
    struct primary_watch *watch = arg;

    (void)status;
    if (event == DIAL_CONNECTED)
        dial_drop(&watch->dial);
    if (event != DIAL_DROPPED)
        note_attempt(watch, event == DIAL_CONNECTED);
}

/* An attempt that was dropped and has not ended yet counts as one that fails. */
static void primary_watch_on_timer(uv_timer_t *timer)
{
    struct primary_watch *watch = timer->data;

    if (!dial_idle(&watch->dial) || dial_start(&watch->dial, watch->address) < 0)
        note_attempt(watch, false);
}

void primary_watch_init(struct primary_watch *watch, uv_loop_t *loop, const struct address *address, uint32_t limit_ms,
                        primary_watch_cb *cb, void *arg)
{
    *watch = (struct primary_watch){.address = address, .cb = cb, .arg = arg};
    watch->reachability.interval_ms = PRIMARY_WATCH_INTERVAL_MS;
    watch->reachability.steady_ms = PRIMARY_WATCH_STEADY_MS;
    dial_init(&watch->dial, loop, limit_ms, primary_watch_on_dial, watch);
    uv_timer_init(loop, &watch->timer);
    watch->timer.data = watch;
}

void primary_watch_begin(struct primary_watch *watch)
{
    reachability_watch(&watch->reachability, uv_now(watch->timer.loop));
    arm_timer(watch);
}

void primary_watch_rest(struct primary_watch *watch)
{
    reachability_rest(&watch->reachability);
    uv_timer_stop(&watch->timer);
    dial_drop(&watch->dial);
}

void primary_watch_close(struct primary_watch *watch)
{
    handle_close(&watch->timer, NULL);
    dial_close(&watch->dial);
}
