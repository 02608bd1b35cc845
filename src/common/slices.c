#include "common/slices.h"

#include "common/handle.h"

static bool turn_is_long(const uv_loop_t *loop, uint64_t now_ns)
{
    return now_ns >= uv_now(loop) * 1000000 + SLICES_TURN_NS;
}

/* Returns whether there is more to do. */
static bool slice(struct slices *slices)
{
    uint64_t now_ns = uv_hrtime();
    uint64_t end_ns = now_ns + slices->slice_ns / (turn_is_long(slices->idle.loop, now_ns) ? 4 : 1);
    bool more = false;

    do
        more = slices->cb(slices->arg);
    while (more && uv_hrtime() < end_ns);
    return more;
}

/* Once per turn. While the handle is active, the loop polls for events without waiting. */
static void slices_on_idle(uv_idle_t *idle)
{
    if (!slice(idle->data))
        uv_idle_stop(idle);
}

void slices_start(struct slices *slices, uv_loop_t *loop, slices_cb *cb, void *arg)
{
    *slices = (struct slices){.slice_ns = SLICE_NS, .cb = cb, .arg = arg};
    uv_idle_init(loop, &slices->idle);
    slices->idle.data = slices;
}

void slices_run_later(struct slices *slices)
{
    uv_idle_start(&slices->idle, slices_on_idle);
}

void slices_run(struct slices *slices)
{
    if (slice(slices))
        slices_run_later(slices);
}

bool slices_running(const struct slices *slices)
{
    return uv_is_active((const uv_handle_t *)&slices->idle);
}

void slices_finish(struct slices *slices)
{
    if (!slices_running(slices))
        return;
    uv_idle_stop(&slices->idle);
    while (slices->cb(slices->arg))
        ;
}

void slices_close(struct slices *slices)
{
    handle_close(&slices->idle, NULL);
}
