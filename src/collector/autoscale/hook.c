#include "collector/autoscale/hook.h"

#include "common/handle.h"

#include <errno.h>
#include <stdlib.h>

#define WAIT_MS_MIN 1000U
#define WAIT_MS_MAX 60000U

static void begin_runs(struct hook *hook);

/* ---- runs ---- */

static void end_drain(struct hook *hook)
{
    hook_drained_cb *drained_cb = hook->drained_cb;

    if (drained_cb == NULL || hook->closed || hook->places != NULL)
        return;
    hook->drained_cb = NULL;
    drained_cb(hook->drained_arg);
}

static void free_place(struct hook *hook, struct hook_place *place)
{
    struct hook_place **link = &hook->places;

    while (*link != place)
        link = &(*link)->next;
    *link = place->next;
    free(place);
}

static void log_result(const char *group, const struct hook_result *result)
{
    char text[DECISION_SENTENCE_MAX];
    bool went_well = result->verdict == HOOK_ACCEPTED || result->verdict == HOOK_TOO_FEW;

    hook_result_sentence(result, group, text, sizeof text);
    hook_run_log(group, went_well ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, text);
}

static enum hook_end end_of(enum hook_verdict verdict)
{
    if (verdict == HOOK_ACCEPTED || verdict == HOOK_TOO_FEW || verdict == HOOK_STOPPED)
        return HOOK_END_WELL;
    return verdict == HOOK_TIMED_OUT ? HOOK_END_TIMED_OUT : HOOK_END_FAILED;
}

static void report(struct hook *hook, unsigned index, struct hook_result *result)
{
    const struct hook_slot *slot = hook_queue_slot(&hook->queue, index);

    result->wait_ms = hook_queue_end(&hook->queue, index, end_of(result->verdict), uv_now(hook->loop));
    result->failures = slot->backoff.failures;
    log_result(slot->group, result);
    if (!hook->closed && hook->events->on_ended != NULL)
        hook->events->on_ended(index, result, hook->arg);
}

static void hook_on_run_ended(struct hook_run *run, void *arg)
{
    struct hook_place *place = arg;
    struct hook *hook = place->hook;
    unsigned index = place->index;
    struct hook_result result = run->life.result;

    free_place(hook, place);
    report(hook, index, &result);
    if (hook->closed)
        return;
    begin_runs(hook);
    end_drain(hook);
}

static struct hook_call call_of(const struct hook_slot *slot)
{
    const struct hook_order *order = &slot->running;

    return (struct hook_call){
        .verb = order->is_in ? HOOK_SCALE_IN : HOOK_SCALE_OUT,
        .group = slot->group,
        .to = order->to,
        .nodes = (const char *const *)order->nodes,
        .node_count = order->node_count,
        .epoch = order->epoch,
        .number = order->number,
    };
}

static void begin_run(struct hook *hook, unsigned index)
{
    const struct hook_slot *slot = hook_queue_slot(&hook->queue, index);
    const char *program = hook->events->begin(index, hook->arg);

    if (program == NULL) {
        hook_queue_cancel(&hook->queue, index);
        return;
    }
    const struct hook_command command = {
        .program = program,
        .call = call_of(slot),
        .record = slot->running.record,
        .record_len = slot->running.record_len,
        .spawner = hook->spawner,
        .timeout_ms = hook->timeout_ms,
        .term_ms = hook->term_ms,
        .buffer = hook->buffer,
        .buffer_size = sizeof hook->buffer,
    };
    struct hook_place *place = malloc(sizeof *place);
    if (place == NULL) {
        struct hook_result result = {.verdict = HOOK_NOT_STARTED, .verb = command.call.verb, .error = -ENOMEM};
        report(hook, index, &result);
        return;
    }
    *place = (struct hook_place){.hook = hook, .next = hook->places, .index = index};
    hook->places = place;
    (void)hook_run_start(&place->run, hook->loop, &command, hook_on_run_ended, place); /* which reports a failure */
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
    uint64_t due_ms = hook_queue_due_ms(&hook->queue, now_ms);
    if (due_ms == UINT64_MAX)
        uv_timer_stop(&hook->timer);
    else
        uv_timer_start(&hook->timer, hook_on_due, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

void hook_poke(struct hook *hook)
{
    if (hook->queue.has_new)
        begin_runs(hook);
}

/* ---- life ---- */

int hook_start(struct hook *hook, struct spawner *spawner, uv_loop_t *loop, uint64_t timeout_ms, uint64_t seed,
               const struct hook_events *events, void *arg)
{
    static const struct hook_queue_limits limits = {.fresh = HOOK_FRESH_MAX,
                                                    .all = HOOK_RUNS_MAX,
                                                    .timed_out = HOOK_TIMED_OUT_MAX,
                                                    .wait_min_ms = WAIT_MS_MIN,
                                                    .wait_max_ms = WAIT_MS_MAX};

    *hook = (struct hook){.loop = loop,
                          .spawner = spawner,
                          .timeout_ms = timeout_ms,
                          .term_ms = HOOK_TERM_MS,
                          .grace_ms = HOOK_GRACE_MS,
                          .last_term_ms = HOOK_LAST_TERM_MS,
                          .events = events,
                          .arg = arg};
    if (hook_queue_init(&hook->queue, &limits, seed) < 0) {
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

    for (struct hook_place *place = hook->places; place != NULL; place = place->next)
        hook_run_stop(&place->run, hook->last_term_ms);
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
    for (struct hook_place *place = hook->places; place != NULL; place = place->next)
        hook_run_kill(&place->run);
}

void hook_deinit(struct hook *hook)
{
    hook_queue_deinit(&hook->queue);
}
