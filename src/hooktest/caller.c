#include "hooktest/caller.h"

#include "collector/autoscale/hook.h"
#include "common/handle.h"
#include "common/limits.h"
#include "hooktest/leftovers.h"

#include <signal.h>
#include <stdio.h>
#include <sys/types.h>

#define LEFTOVER_WAIT_MS 1000U
#define LEFTOVER_LOOK_MS 20U
#define PROCESS_NAME_MAX 64U

/* ---- what some run did ---- */

static void note(struct caller_fault *fault, const struct hook_call *call, const char *why)
{
    if (fault->is_found)
        return;
    fault->is_found = true;
    (void)snprintf(fault->why, sizeof fault->why, "%s", why);
    call_text(call, fault->call, sizeof fault->call);
}

static void look_at_time(struct caller *caller, const struct hook_call *call)
{
    const struct hook_run *run = &caller->run;
    char why[CALLER_WHY_MAX];

    if (run->life.result.verdict != HOOK_TIMED_OUT)
        return;
    (void)snprintf(why, sizeof why, "it ran until its time limit of %.1f s", (double)run->command.timeout_ms / 1000.0);
    note(&caller->overtime, call, why);
}

static void look_at_output(struct caller *caller, const struct hook_call *call)
{
    const struct hook_run *run = &caller->run;
    char why[CALLER_WHY_MAX];

    if (run->unlogged > 0)
        (void)snprintf(why, sizeof why, "the collector would not log %u of its lines, which came too fast",
                       run->unlogged);
    else if (run->output.cut > 0)
        (void)snprintf(why, sizeof why, "the collector would cut %u of its lines, which are longer than %u bytes",
                       run->output.cut, HOOK_LINE_MAX);
    else
        return;
    note(&caller->chatter, call, why);
}

/* Those that end by themselves a moment later are not left. */
static void look_for_leftovers(struct caller *caller, const struct hook_call *call)
{
    char name[PROCESS_NAME_MAX];
    char why[CALLER_WHY_MAX];
    uint64_t limit_ms = caller_now_ms(caller) + LEFTOVER_WAIT_MS;
    pid_t pid = 0;

    if (caller->leftovers_error < 0 || caller->leftover.is_found)
        return;
    while ((pid = leftovers_find(caller->process->pid, name, sizeof name)) != 0 && caller_now_ms(caller) < limit_ms)
        caller_wait(caller, LEFTOVER_LOOK_MS);
    if (pid == 0)
        return;
    (void)snprintf(why, sizeof why, "it left %s (process %ld) running", name, (long)pid);
    note(&caller->leftover, call, why);
}

static void look_at_run(struct caller *caller, const struct hook_call *call)
{
    look_at_time(caller, call);
    look_at_output(caller, call);
    look_for_leftovers(caller, call);
}

/* ---- calls ---- */

static void caller_on_ended(struct hook_run *run, void *arg)
{
    struct caller *caller = arg;

    (void)run;
    caller->has_ended = true;
}

static void caller_on_answer(const char *data, size_t len, void *arg)
{
    struct caller *caller = arg;

    caller->answer(data, len, caller->answer_arg);
}

static uint64_t limit_of(const struct caller *caller, enum hook_verb verb)
{
    bool is_question = verb == HOOK_CONTRACT || verb == HOOK_COUNT;

    return is_question && caller->timeout_ms > HOOK_QUESTION_MS_MAX ? HOOK_QUESTION_MS_MAX : caller->timeout_ms;
}

static void begin(struct caller *caller, const struct hook_call *call, char *record, size_t record_len)
{
    const struct hook_command command = {
        .program = caller->program,
        .call = *call,
        .record = record,
        .record_len = record_len,
        .answer = caller->answer != NULL ? caller_on_answer : NULL,
        .spawner = &caller->spawner,
        .timeout_ms = limit_of(caller, call->verb),
        .term_ms = HOOK_TERM_MS,
        .buffer = caller->buffer,
        .buffer_size = sizeof caller->buffer,
    };

    caller->has_ended = false;
    uv_update_time(&caller->loop);
    (void)hook_run_start(&caller->run, &caller->loop, &command, caller_on_ended, caller);
}

static void await_end(struct caller *caller)
{
    while (!caller->has_ended)
        (void)uv_run(&caller->loop, UV_RUN_ONCE);
}

const struct hook_result *caller_call(struct caller *caller, const struct hook_call *call, char *record,
                                      size_t record_len, hook_run_answer_cb *answer, void *arg)
{
    caller->answer = answer;
    caller->answer_arg = arg;
    begin(caller, call, record, record_len);
    await_end(caller);
    look_at_run(caller, call);
    return &caller->run.life.result;
}

static void caller_on_kill(uv_timer_t *timer)
{
    struct caller *caller = timer->data;

    hook_run_kill(&caller->run);
}

void caller_call_and_kill(struct caller *caller, const struct hook_call *call, char *record, size_t record_len,
                          uint64_t after_ms)
{
    caller->answer = NULL;
    begin(caller, call, record, record_len);
    uv_timer_start(&caller->timer, caller_on_kill, after_ms, 0);
    await_end(caller);
    uv_timer_stop(&caller->timer);
    look_at_run(caller, call);
}

/* ---- time ---- */

static void caller_on_timer(uv_timer_t *timer)
{
    struct caller *caller = timer->data;

    caller->has_ended = true;
}

void caller_wait(struct caller *caller, uint64_t wait_ms)
{
    caller->has_ended = false;
    uv_update_time(&caller->loop);
    uv_timer_start(&caller->timer, caller_on_timer, wait_ms, 0);
    await_end(caller);
}

uint64_t caller_now_ms(struct caller *caller)
{
    uv_update_time(&caller->loop);
    return uv_now(&caller->loop);
}

/* ---- life ---- */

static void caller_on_signal(int signum, void *arg)
{
    struct caller *caller = arg;

    (void)signum;
    caller->is_interrupted = true;
}

bool caller_is_interrupted(const struct caller *caller)
{
    return caller->is_interrupted;
}

/* Runs that can't be started then end with an error that says so. */
static void caller_on_lost(const char *why, void *arg)
{
    (void)why;
    (void)arg;
}

int caller_start(struct caller *caller, struct spawn_process *process, const char *program, uint64_t timeout_ms)
{
    static const int numbers[] = {SIGINT, SIGTERM, 0};

    *caller = (struct caller){.program = program, .timeout_ms = timeout_ms, .process = process};
    int rc = uv_loop_init(&caller->loop);
    if (rc < 0)
        return rc;
    caller->leftovers_error = leftovers_start();
    uv_timer_init(&caller->loop, &caller->timer);
    caller->timer.data = caller;
    rc = signals_start(&caller->signals, &caller->loop, numbers, caller_on_signal, caller);
    if (rc == 0)
        rc = spawner_start(&caller->spawner, &caller->loop, process, caller_on_lost, caller);
    return rc;
}

void caller_close(struct caller *caller)
{
    spawner_close(&caller->spawner);
    signals_close(&caller->signals);
    handle_close(&caller->timer, NULL);
    (void)uv_run(&caller->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&caller->loop);
}
