#include "collector/autoscale/hook.h"

#include "collector/autoscale/hook_environment.h"
#include "common/handle.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define RETRY_MS_MIN 1000U
#define RETRY_MS_MAX 60000U

static void begin_runs(struct hook *hook);

/* ---- runs ---- */

static bool has_runs(const struct hook *hook)
{
    for (unsigned i = 0; i < HOOK_RUNS_MAX; i++)
        if (!hook_run_is_free(&hook->places[i].run))
            return true;
    return false;
}

static void end_drain(struct hook *hook)
{
    hook_drained_cb *drained_cb = hook->drained_cb;

    if (drained_cb == NULL || hook->closed || has_runs(hook))
        return;
    hook->drained_cb = NULL;
    drained_cb(hook->drained_arg);
}

static void log_result(const char *group, const struct hook_result *result)
{
    char text[DECISION_SENTENCE_MAX];

    hook_result_sentence(result, group, text, sizeof text);
    hook_run_log(group, result->verdict == HOOK_ACCEPTED ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, text);
}

static void hook_on_run_ended(struct hook_run *run, void *arg)
{
    struct hook_place *place = arg;
    struct hook *hook = place->hook;
    unsigned index = place->index;
    const struct hook_slot *slot = hook_queue_slot(&hook->queue, index);
    struct hook_result result = run->life.result; /* the place may be taken soon */

    if (hook->draining)
        hook_queue_withdraw(&hook->queue, index);
    result.retry_ms = hook_queue_end(&hook->queue, index, result.verdict == HOOK_ACCEPTED, uv_now(hook->loop));
    result.failures = slot->backoff.failures;
    log_result(slot->group, &result);
    if (hook->closed)
        return;
    if (hook->events->on_ended != NULL)
        hook->events->on_ended(index, slot->group, &result, hook->arg);
    begin_runs(hook);
    end_drain(hook);
}

static struct hook_place *free_place(struct hook *hook)
{
    unsigned i = 0;

    while (!hook_run_is_free(&hook->places[i].run)) /* the queue counts them */
        i++;
    return &hook->places[i];
}

static void begin_run(struct hook *hook, unsigned index)
{
    struct hook_place *place = free_place(hook);
    const struct hook_slot *slot = hook_queue_slot(&hook->queue, index);
    struct hook_command command = {
        .program = hook->events->program(slot->group, hook->arg),
        .group = slot->group,
        .current = slot->running.current,
        .desired = slot->running.desired,
        .record = slot->running.record,
        .record_len = slot->running.record_len,
        .environment = hook->environment,
        .timeout_ms = hook->timeout_ms,
        .term_ms = hook->term_ms,
        .buffer = hook->buffer,
        .buffer_size = sizeof hook->buffer,
    };

    place->hook = hook;
    place->index = index;
    if (command.program == NULL)
        hook_queue_withdraw(&hook->queue, index);
    int rc = hook_run_start(&place->run, hook->loop, &command, hook_on_run_ended, place);
    if (rc == 0 && hook->events->on_started != NULL)
        hook->events->on_started(index, command.group, command.current, command.desired, hook->arg);
}

static void hook_on_due(uv_timer_t *timer)
{
    begin_runs(timer->data);
}

static void begin_runs(struct hook *hook)
{
    uint64_t now_ms = uv_now(hook->loop);
    int index = -1;

    while (!hook->draining && (index = hook_queue_next(&hook->queue, now_ms)) >= 0)
        begin_run(hook, (unsigned)index);
    if (hook->draining)
        return;
    uint64_t due_ms = hook_queue_due_ms(&hook->queue);
    if (due_ms == UINT64_MAX)
        uv_timer_stop(&hook->timer);
    else
        uv_timer_start(&hook->timer, hook_on_due, due_ms - now_ms, 0);
}

void hook_poke(struct hook *hook)
{
    if (hook->queue.has_new)
        begin_runs(hook);
}

/* ---- life ---- */

int hook_start(struct hook *hook, uv_loop_t *loop, uint64_t timeout_ms, uint64_t seed, const struct hook_events *events,
               void *arg)
{
    *hook = (struct hook){.loop = loop,
                          .timeout_ms = timeout_ms,
                          .term_ms = HOOK_TERM_MS,
                          .grace_ms = HOOK_GRACE_MS,
                          .last_term_ms = HOOK_LAST_TERM_MS,
                          .events = events,
                          .arg = arg};
    hook->environment = hook_environment_new(environ);
    if (hook->environment == NULL ||
        hook_queue_init(&hook->queue, HOOK_RUNS_MAX, RETRY_MS_MIN, RETRY_MS_MAX, seed) < 0) {
        hook_deinit(hook);
        return -ENOMEM;
    }
    uv_timer_init(loop, &hook->timer);
    hook->timer.data = hook;
    return 0;
}

static void hook_on_grace(uv_timer_t *timer)
{
    struct hook *hook = timer->data;

    for (unsigned i = 0; i < HOOK_RUNS_MAX; i++)
        hook_run_stop(&hook->places[i].run, hook->last_term_ms);
}

void hook_set_timeout(struct hook *hook, uint64_t timeout_ms)
{
    hook->timeout_ms = timeout_ms;
}

void hook_drain(struct hook *hook, hook_drained_cb *drained_cb, void *arg)
{
    hook->draining = true;
    hook->drained_cb = drained_cb;
    hook->drained_arg = arg;
    hook_queue_withdraw_all(&hook->queue);
    uv_timer_start(&hook->timer, hook_on_grace, hook->grace_ms, 0);
    end_drain(hook);
}

void hook_close(struct hook *hook)
{
    if (hook->closed)
        return;
    hook->closed = true;
    hook->draining = true;
    handle_close(&hook->timer, NULL);
    for (unsigned i = 0; i < HOOK_RUNS_MAX; i++)
        hook_run_kill(&hook->places[i].run);
}

void hook_deinit(struct hook *hook)
{
    hook_queue_deinit(&hook->queue);
    free(hook->environment);
    hook->environment = NULL;
}
