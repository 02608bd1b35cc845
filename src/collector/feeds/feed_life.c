#include "collector/feeds/feed_life.h"

#include "common/u64.h"
#include "feed/feed_time.h"

void feed_life_init(struct feed_life *life, uint64_t tick_ms, uint64_t silence_ms, uint64_t hash, uint64_t now_ms)
{
    *life = (struct feed_life){
        .tick_ms = tick_ms, .silence_ms = silence_ms, .hang_ms = FEED_HANG_MS, .hash = hash, .due_ms = now_ms};
    backoff_init(&life->backoff, FEED_WAIT_MIN, FEED_WAIT_MAX, hash);
}

/* ---- while it runs ---- */

static uint64_t silent_at_ms(const struct feed_life *life)
{
    return life->heard_ms + (life->ends ? u64_max(life->silence_ms, life->tick_ms) : life->silence_ms);
}

static enum feed_step step_running(struct feed_life *life, uint64_t now_ms)
{
    if (now_ms < silent_at_ms(life) || life->is_killed)
        return FEED_NOTHING;
    if (!life->is_silent) {
        life->is_silent = true;
        return FEED_SILENT;
    }
    life->is_killed = now_ms >= silent_at_ms(life) + life->hang_ms;
    return life->is_killed ? FEED_KILL : FEED_NOTHING;
}

enum feed_step feed_life_step(struct feed_life *life, uint64_t now_ms)
{
    if (life->is_running)
        return step_running(life, now_ms);
    if (now_ms < life->due_ms)
        return FEED_NOTHING;
    life->is_running = true;
    life->has_reported = false;
    life->is_silent = false;
    life->is_killed = false;
    life->started_ms = now_ms;
    life->heard_ms = now_ms;
    return FEED_START;
}

void feed_life_heard(struct feed_life *life, uint64_t now_ms)
{
    life->has_reported = true;
    life->is_silent = false;
    life->heard_ms = now_ms;
}

/* ---- its end ---- */

bool feed_life_ended(struct feed_life *life, bool is_exit_0, uint64_t now_ms)
{
    bool is_well = is_exit_0 && life->has_reported;

    life->is_running = false;
    life->ends = is_well;
    if (is_well || (life->has_reported && now_ms - life->started_ms >= FEED_WAIT_MAX))
        backoff_reset(&life->backoff);
    life->due_ms =
        is_well ? feed_time_next_ms(now_ms, life->tick_ms, life->hash) : now_ms + backoff_next_ms(&life->backoff);
    return !is_well;
}

uint64_t feed_life_due_ms(const struct feed_life *life)
{
    if (!life->is_running)
        return life->due_ms;
    if (life->is_killed)
        return UINT64_MAX;
    return life->is_silent ? silent_at_ms(life) + life->hang_ms : silent_at_ms(life);
}
