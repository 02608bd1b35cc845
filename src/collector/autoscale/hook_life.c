#include "collector/autoscale/hook_life.h"

#include <signal.h>

#define REAP_MS 1000U /* the longest wait for the end of a killed program, after hook_life_kill() */
#define REST_MS 200U  /* the longest wait for the rest of the output of a program that has ended */

static const struct hook_step nothing = {0};

static struct hook_step close_all(struct hook_life *life)
{
    life->phase = HOOK_CLOSING;
    return (struct hook_step){.close = true};
}

static struct hook_step terminate(struct hook_life *life, enum hook_verdict verdict, uint64_t term_ms)
{
    life->phase = HOOK_TERMINATING;
    life->result.verdict = verdict;
    return (struct hook_step){.signum = SIGTERM, .timer_ms = term_ms};
}

struct hook_step hook_life_begin(struct hook_life *life, const struct hook_call *call, uint64_t timeout_ms,
                                 uint64_t term_ms)
{
    *life = (struct hook_life){.phase = HOOK_RUNNING, .term_ms = term_ms};
    life->result = (struct hook_result){.verb = call->verb, .to = call->to, .node_count = call->node_count};
    return (struct hook_step){.timer_ms = timeout_ms};
}

struct hook_step hook_life_not_started(struct hook_life *life, int rc)
{
    life->result.verdict = HOOK_NOT_STARTED;
    life->result.error = rc;
    return close_all(life);
}

struct hook_step hook_life_timer(struct hook_life *life)
{
    switch (life->phase) {
    case HOOK_RUNNING:
        return terminate(life, HOOK_TIMED_OUT, life->term_ms);
    case HOOK_TERMINATING: /* the kernel ends it, sooner or later */
        life->phase = HOOK_KILLED;
        return (struct hook_step){.signum = SIGKILL};
    case HOOK_KILLED: /* after hook_life_kill() */
    case HOOK_EXITED:
        return close_all(life);
    case HOOK_FREE:
    case HOOK_CLOSING:
        break;
    }
    return nothing;
}

struct hook_step hook_life_exited(struct hook_life *life, int64_t exit_status, int signum)
{
    struct hook_step step = {0};

    if (life->phase == HOOK_TERMINATING || life->phase == HOOK_KILLED) {
        step.signum = SIGKILL; /* for the processes that it has started: it alone obeyed SIGTERM */
    } else if (signum != 0) {
        life->result.verdict = HOOK_DIED;
        life->result.signum = signum;
    } else {
        life->result.verdict = hook_result_of_exit(life->result.verb, exit_status);
        life->result.exit_status = (int)exit_status;
    }
    life->phase = HOOK_EXITED;
    if (life->output_ended || life->is_abandoned) {
        step.close = true;
        life->phase = HOOK_CLOSING;
    } else {
        step.timer_ms = REST_MS;
    }
    return step;
}

struct hook_step hook_life_output_ended(struct hook_life *life)
{
    life->output_ended = true;
    return life->phase == HOOK_EXITED ? close_all(life) : nothing;
}

struct hook_step hook_life_stop(struct hook_life *life, uint64_t term_ms)
{
    if (life->phase == HOOK_RUNNING)
        return terminate(life, HOOK_STOPPED, term_ms);
    return (struct hook_step){.timer_ms = life->phase == HOOK_TERMINATING ? term_ms : 0};
}

struct hook_step hook_life_kill(struct hook_life *life)
{
    life->is_abandoned = true;
    if (life->phase == HOOK_RUNNING)
        life->result.verdict = HOOK_STOPPED;
    switch (life->phase) {
    case HOOK_RUNNING:
    case HOOK_TERMINATING:
    case HOOK_KILLED:
        life->phase = HOOK_KILLED;
        return (struct hook_step){.signum = SIGKILL, .timer_ms = REAP_MS};
    case HOOK_EXITED:
        return close_all(life);
    case HOOK_FREE:
    case HOOK_CLOSING:
        break;
    }
    return nothing;
}

void hook_life_closed(struct hook_life *life, uint64_t duration_ms)
{
    life->result.duration_ms = duration_ms;
    life->phase = HOOK_FREE;
}
