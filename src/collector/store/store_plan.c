#include "collector/store/store_plan.h"

#include "common/limits.h"

#define RETRY_MS 1000U

void store_plan_init(struct store_plan *plan, uint64_t flush_ms, int64_t sync_ms)
{
    *plan = (struct store_plan){
        .state = STORE_IDLE,
        .flush_ms = flush_ms,
        .retry_ms = RETRY_MS,
        .sync_ms = sync_ms,
        .timer_ms = STORE_PLAN_NEVER,
        .sync_timer_ms = STORE_PLAN_NEVER,
        .filling_since_ms = STORE_PLAN_NEVER,
        .writing_since_ms = STORE_PLAN_NEVER,
    };
}

uint64_t store_plan_due_ms(const struct store_plan *plan)
{
    return plan->timer_ms < plan->sync_timer_ms ? plan->timer_ms : plan->sync_timer_ms;
}

bool store_plan_syncs(const struct store_plan *plan)
{
    return plan->sync_ms == SYNC_ALWAYS || plan->sync_due || plan->sync_lost || plan->draining;
}

bool store_plan_is_busy(const struct store_plan *plan)
{
    return plan->state == STORE_WRITING || plan->state == STORE_SYNCING;
}

static bool may_begin(const struct store_plan *plan)
{
    return !plan->closed && (plan->state == STORE_IDLE || plan->state == STORE_GATHERING);
}

static void stop_sync_timer(struct store_plan *plan)
{
    plan->sync_due = false;
    plan->sync_timer_ms = STORE_PLAN_NEVER;
}

/* ---- what begins ---- */

/* A write or a retry that is pending syncs these rows as well; then there is nothing to do here. */
static enum store_action begin_sync(struct store_plan *plan)
{
    plan->sync_due = true;
    plan->sync_timer_ms = STORE_PLAN_NEVER;
    if (!may_begin(plan))
        return STORE_DO_NOTHING;
    plan->sync_due = false;
    plan->timer_ms = STORE_PLAN_NEVER; /* what waits is written after the sync */
    plan->state = STORE_SYNCING;
    return STORE_DO_SYNC;
}

static enum store_action begin_write(struct store_plan *plan, uint64_t now_ms)
{
    bool first = plan->filling_since_ms == STORE_PLAN_NEVER;

    plan->writing_since_ms = first ? now_ms : plan->filling_since_ms;
    plan->filling_since_ms = STORE_PLAN_NEVER;
    plan->flush_now = false;
    plan->timer_ms = STORE_PLAN_NEVER;
    plan->state = STORE_WRITING;
    return STORE_DO_WRITE;
}

static enum store_action retry_write(struct store_plan *plan)
{
    plan->timer_ms = STORE_PLAN_NEVER;
    plan->state = STORE_WRITING;
    return STORE_DO_RETRY;
}

static enum store_action write_waiting(struct store_plan *plan, uint64_t now_ms, bool waiting)
{
    if (waiting)
        return begin_write(plan, now_ms);
    plan->timer_ms = STORE_PLAN_NEVER;
    plan->state = STORE_IDLE;
    if (!plan->draining)
        return STORE_DO_NOTHING;
    return plan->unsynced_rows > 0 ? begin_sync(plan) : STORE_DO_REPORT_DRAINED;
}

/* Rows that wait are written now or when the flush timer fires. */
static enum store_action gather(struct store_plan *plan, uint64_t now_ms)
{
    if (plan->flush_now)
        return begin_write(plan, now_ms);
    if (plan->state == STORE_IDLE) {
        plan->state = STORE_GATHERING;
        plan->timer_ms = now_ms + plan->flush_ms;
    }
    return STORE_DO_NOTHING;
}

/* ---- events from outside ---- */

enum store_action store_plan_poke(struct store_plan *plan, uint64_t now_ms, bool waiting, bool flush_now)
{
    plan->flush_now = plan->flush_now || flush_now;
    if (waiting && plan->filling_since_ms == STORE_PLAN_NEVER)
        plan->filling_since_ms = now_ms;
    return waiting && may_begin(plan) ? gather(plan, now_ms) : STORE_DO_NOTHING;
}

enum store_action store_plan_tick(struct store_plan *plan, uint64_t now_ms, bool waiting)
{
    if (plan->closed)
        return STORE_DO_NOTHING;
    if (plan->timer_ms <= now_ms)
        return plan->state == STORE_RETRYING ? retry_write(plan) : write_waiting(plan, now_ms, waiting);
    return plan->sync_timer_ms <= now_ms ? begin_sync(plan) : STORE_DO_NOTHING;
}

static void arm_sync(struct store_plan *plan, uint64_t now_ms)
{
    if (plan->sync_ms > 0 && plan->unsynced_rows > 0 && plan->sync_timer_ms == STORE_PLAN_NEVER)
        plan->sync_timer_ms = now_ms + (uint64_t)plan->sync_ms;
}

enum store_action store_plan_set_sync(struct store_plan *plan, uint64_t now_ms, int64_t sync_ms)
{
    plan->sync_ms = sync_ms;
    plan->sync_timer_ms = STORE_PLAN_NEVER;
    if (sync_ms == SYNC_ALWAYS && plan->unsynced_rows > 0)
        return begin_sync(plan);
    arm_sync(plan, now_ms);
    return STORE_DO_NOTHING;
}

enum store_action store_plan_drain(struct store_plan *plan, uint64_t now_ms, bool waiting)
{
    plan->draining = true;
    return may_begin(plan) ? write_waiting(plan, now_ms, waiting) : STORE_DO_NOTHING;
}

void store_plan_close(struct store_plan *plan)
{
    plan->closed = true;
    plan->timer_ms = STORE_PLAN_NEVER;
    plan->sync_timer_ms = STORE_PLAN_NEVER;
}

/* ---- the worker is done ---- */

/* Rows that count as stored may be lost, and can't be written again. From here on each write is synced before its rows
 * count, until one has succeeded. */
static unsigned note_lost_sync(struct store_plan *plan, bool lost_sync)
{
    if (!lost_sync)
        return 0;
    plan->rows_at_risk = plan->unsynced_rows;
    plan->unsynced_rows = 0;
    plan->sync_lost = true;
    stop_sync_timer(plan);
    return STORE_LOST_SYNC;
}

static unsigned note_held(struct store_plan *plan, bool held)
{
    if (held == plan->held)
        return 0;
    plan->held = held;
    return held ? STORE_HELD : STORE_RELEASED;
}

static unsigned note_rows(struct store_plan *plan, uint64_t now_ms, const struct store_written *written)
{
    unsigned events = 0;

    if (written->synced && plan->sync_lost) {
        plan->sync_lost = false;
        events = STORE_SYNC_BACK;
    }
    if (written->synced || written->rotated) {
        plan->unsynced_rows = 0;
        stop_sync_timer(plan);
    }
    if (!written->synced)
        plan->unsynced_rows += written->rows;
    if (!plan->closed)
        arm_sync(plan, now_ms);
    return events;
}

unsigned store_plan_on_written(struct store_plan *plan, uint64_t now_ms, const struct store_written *written)
{
    bool failed = written->rc < 0;
    unsigned events = note_lost_sync(plan, written->lost_sync);

    events |= note_held(plan, failed);
    plan->state = failed ? STORE_RETRYING : STORE_IDLE;
    if (failed)
        plan->timer_ms = plan->closed ? STORE_PLAN_NEVER : now_ms + plan->retry_ms;
    else
        events |= note_rows(plan, now_ms, written);
    return events;
}

unsigned store_plan_on_synced(struct store_plan *plan, bool lost_sync)
{
    unsigned events = note_lost_sync(plan, lost_sync);

    plan->state = STORE_GATHERING;
    plan->unsynced_rows = 0;
    plan->sync_due = false;
    plan->timer_ms = 0; /* what came meanwhile has waited for the worker */
    return events;
}

enum store_action store_plan_continue(struct store_plan *plan, uint64_t now_ms, bool waiting)
{
    if (!may_begin(plan))
        return STORE_DO_NOTHING;
    if (plan->sync_due)
        return begin_sync(plan);
    if (plan->draining || !waiting || plan->timer_ms <= now_ms)
        return write_waiting(plan, now_ms, waiting);
    return gather(plan, now_ms);
}
