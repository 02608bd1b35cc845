#include "agent/uplink/uplink_plan.h"

#include "common/random.h"
#include "common/u64.h"

#define BACKOFF_MS_MIN     200U
#define BACKOFF_MS_MAX     10000U
#define SLOW_RETRY_MS      60000U
#define UNREACHABLE_MS_MIN 1000U /* so that the next of the list is tried meanwhile */
#define PATIENCE_MS        500U  /* a collector that is due within it is waited for rather than skipped */

/* ---- which collector, and when ---- */

/* The first collector of the list that may be tried soon, else the one that may be tried first. */
static unsigned choose(const struct uplink_plan *plan, uint64_t now_ms)
{
    unsigned best = 0;

    for (unsigned i = 0; i < plan->count; i++) {
        if (plan->collectors[i].not_before_ms <= now_ms + PATIENCE_MS)
            return i;
        if (plan->collectors[i].not_before_ms < plan->collectors[best].not_before_ms)
            best = i;
    }
    return best;
}

/* A wait below the minimum becomes the minimum and up to a quarter of it, so that agents still spread. */
static void postpone(struct uplink_plan *plan, uint32_t min_ms, uint64_t now_ms)
{
    struct uplink_target *target = &plan->collectors[plan->current];
    uint32_t wait_ms = backoff_next_ms(&target->backoff);

    if (wait_ms < min_ms)
        wait_ms = min_ms + wait_ms % (min_ms / 4 + 1);
    target->not_before_ms = now_ms + wait_ms;
}

/* ---- the end of an attempt or of a connection ---- */

/* On purpose: nothing has failed, so nothing is postponed. */
static enum uplink_action leave(struct uplink_plan *plan, uint64_t now_ms)
{
    plan->state = UPLINK_WAITING;
    plan->next = choose(plan, now_ms);
    plan->doubted = false;
    plan->what = plan->why = NULL;
    reachability_rest(&plan->primary);
    return UPLINK_DO_DROP;
}

static enum uplink_action fail(struct uplink_plan *plan, const char *what, const char *why, uint32_t min_ms,
                               uint64_t now_ms)
{
    postpone(plan, min_ms, now_ms);
    enum uplink_action action = leave(plan, now_ms);
    plan->what = what;
    plan->why = why;
    return action;
}

static enum uplink_action fail_rejected(struct uplink_plan *plan, uint64_t now_ms)
{
    const struct sender_reject *reject = sender_reject(plan->sender);
    uint32_t min_ms = 0;

    if (reject->action == HEADROOM__ACTION__ACTION_NEXT_COLLECTOR)
        min_ms = UNREACHABLE_MS_MIN;
    else if (reject->action == HEADROOM__ACTION__ACTION_RETRY_SLOWLY)
        min_ms = SLOW_RETRY_MS;
    return fail(plan, "rejected by", reject->text, min_ms, now_ms);
}

enum uplink_action uplink_plan_on_unreachable(struct uplink_plan *plan, const char *what, const char *why,
                                              uint64_t now_ms)
{
    return fail(plan, what, why, UNREACHABLE_MS_MIN, now_ms);
}

enum uplink_action uplink_plan_on_lost(struct uplink_plan *plan, const char *why, uint64_t now_ms)
{
    if (!uplink_plan_connected(plan)) /* a write that fails after the end of its connection */
        return UPLINK_DO_WAIT;
    return fail(plan, "lost", why, 0, now_ms);
}

enum uplink_action uplink_plan_on_untrusted(struct uplink_plan *plan, const char *why, uint64_t now_ms)
{
    return fail(plan, "can't trust", why, SLOW_RETRY_MS, now_ms);
}

enum uplink_action uplink_plan_on_probe(struct uplink_plan *plan, bool reachable, uint64_t now_ms)
{
    if (!reachability_on_attempt(&plan->primary, reachable, now_ms))
        return UPLINK_DO_WAIT;
    if (plan->collectors[0].not_before_ms > now_ms) { /* it has rejected the agent, not long ago */
        reachability_watch(&plan->primary, now_ms);
        return UPLINK_DO_WAIT;
    }
    return leave(plan, now_ms);
}

enum uplink_action uplink_plan_on_renewed(struct uplink_plan *plan, uint64_t now_ms)
{
    return leave(plan, now_ms);
}

void uplink_plan_close(struct uplink_plan *plan)
{
    plan->state = UPLINK_CLOSED;
    reachability_rest(&plan->primary);
    plan->what = plan->why = NULL;
}

/* ---- time ---- */

uint64_t uplink_plan_due_ms(const struct uplink_plan *plan, uint64_t now_ms)
{
    switch (plan->state) {
    case UPLINK_WAITING:
        return plan->collectors[plan->next].not_before_ms;
    case UPLINK_OPEN:
    case UPLINK_WRITING:
        return u64_min(plan->doubted ? now_ms + 1 : sender_due_ms(plan->sender), reachability_due_ms(&plan->primary));
    case UPLINK_DIALING:
    case UPLINK_CLOSED:
        break;
    }
    return UINT64_MAX;
}

/* A deadline of the sender's: for a sign of life, or because the collector was silent. */
static enum uplink_action on_deadline(struct uplink_plan *plan, uint64_t now_ms)
{
    if (!sender_dead(plan->sender, now_ms))
        return UPLINK_DO_PUMP;
    if (plan->doubted && sender_greets(plan->sender))
        return fail(plan, "can't use", "it has sent no Welcome", UNREACHABLE_MS_MIN, now_ms);
    if (plan->doubted)
        return fail(plan, "lost", "no data received for three ack intervals", 0, now_ms);
    /* If it was this process that slept, what the collector sent meanwhile is still to be read. */
    plan->doubted = true;
    return UPLINK_DO_WAIT;
}

enum uplink_action uplink_plan_on_time(struct uplink_plan *plan, uint64_t now_ms)
{
    /* The sender's deadline goes first: frequent probes must not hide that the collector is silent. */
    if (uplink_plan_connected(plan) && (plan->doubted || sender_due_ms(plan->sender) <= now_ms))
        return on_deadline(plan, now_ms);
    if (reachability_due_ms(&plan->primary) <= now_ms) {
        reachability_on_begin(&plan->primary);
        return UPLINK_DO_PROBE;
    }
    if (plan->state != UPLINK_WAITING || plan->collectors[plan->next].not_before_ms > now_ms)
        return UPLINK_DO_WAIT;
    plan->state = UPLINK_DIALING;
    plan->current = plan->next;
    return UPLINK_DO_DIAL;
}

/* ---- a connection ---- */

enum uplink_action uplink_plan_on_connected(struct uplink_plan *plan)
{
    plan->state = UPLINK_OPEN;
    plan->doubted = false;
    return UPLINK_DO_PUMP;
}

/* Not a Welcome alone, but samples that are stored, show that the collector works. */
static void note_flow(struct uplink_plan *plan)
{
    if (sender_stored_seq(plan->sender) > plan->greeted_seq)
        backoff_reset(&plan->collectors[plan->current].backoff);
}

enum uplink_action uplink_plan_on_sender(struct uplink_plan *plan, enum sender_event event, uint64_t now_ms)
{
    if (event != SENDER_NOTHING) /* bytes of a frame that is not whole are no sign of life */
        plan->doubted = false;
    switch (event) {
    case SENDER_NOTHING:
        return UPLINK_DO_PUMP;
    case SENDER_WELCOME:
        plan->greeted_seq = sender_stored_seq(plan->sender);
        if (plan->current != 0)
            reachability_watch(&plan->primary, now_ms);
        return UPLINK_DO_RECEIVE;
    case SENDER_ACK:
        note_flow(plan);
        return UPLINK_DO_RECEIVE;
    case SENDER_REJECTED:
        return fail_rejected(plan, now_ms);
    case SENDER_AHEAD:
        return fail(
            plan, "left",
            "the collector has samples of this instance that this agent never produced; starting a new instance", 0,
            now_ms);
    case SENDER_PAST:
        note_flow(plan);
        return leave(plan, now_ms);
    case SENDER_NO_MEMORY:
        return fail(plan, "lost", "out of memory for the response", 0, now_ms);
    case SENDER_BROKEN:
        break;
    }
    return fail(plan, "lost", "protocol violation; is it a Headroom collector?", UNREACHABLE_MS_MIN, now_ms);
}

bool uplink_plan_event(enum sender_event event, enum uplink_event *passed_on)
{
    switch (event) {
    case SENDER_WELCOME:
        *passed_on = UPLINK_UP;
        return true;
    case SENDER_ACK:
        *passed_on = UPLINK_ACKED;
        return true;
    case SENDER_AHEAD:
        *passed_on = UPLINK_AHEAD;
        return true;
    case SENDER_PAST:
        *passed_on = UPLINK_PAST;
        return true;
    case SENDER_NOTHING:
    case SENDER_REJECTED:
    case SENDER_BROKEN:
    case SENDER_NO_MEMORY:
        break;
    }
    return false;
}

void uplink_plan_on_write_pending(struct uplink_plan *plan)
{
    plan->state = UPLINK_WRITING;
}

enum uplink_action uplink_plan_on_written(struct uplink_plan *plan)
{
    if (plan->state != UPLINK_WRITING) /* the connection has been dropped since */
        return UPLINK_DO_WAIT;
    plan->state = UPLINK_OPEN;
    return UPLINK_DO_PUMP;
}

/* ---- questions ---- */

bool uplink_plan_connected(const struct uplink_plan *plan)
{
    return plan->state == UPLINK_OPEN || plan->state == UPLINK_WRITING;
}

bool uplink_plan_may_write(const struct uplink_plan *plan)
{
    return plan->state == UPLINK_OPEN;
}

void uplink_plan_init(struct uplink_plan *plan, const struct sender *sender, unsigned count, uint64_t seed,
                      uint64_t now_ms)
{
    *plan = (struct uplink_plan){.sender = sender, .count = count};
    plan->primary = (struct reachability){.interval_ms = UPLINK_PROBE_MS, .steady_ms = UPLINK_STEADY_MS};
    for (unsigned i = 0; i < count; i++) {
        backoff_init(&plan->collectors[i].backoff, BACKOFF_MS_MIN, BACKOFF_MS_MAX, random_next(&seed));
        plan->collectors[i].not_before_ms = now_ms;
    }
}
