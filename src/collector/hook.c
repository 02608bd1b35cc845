#include "collector/hook.h"

#include "common/handle.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RETRY_MS_MIN 1000U
#define RETRY_MS_MAX 60000U
#define REAP_MS      1000U /* what is killed and doesn't end is not waited for longer, after hook_close() */
#define REST_MS      200U  /* for the rest of the output of a program that has ended */
#define PAUSE_MS     10U   /* between two reads of a program's output, so that none keeps the loop busy */
#define NUMBER_MAX   16
#define SENTENCE_MAX 512

static void begin_runs(struct hook *hook);

/* ---- the end of a run ---- */

static bool has_runs(const struct hook *hook)
{
    for (unsigned i = 0; i < HOOK_RUNS_MAX; i++)
        if (hook->runs[i].phase != HOOK_FREE)
            return true;
    return false;
}

static void tell_drained(struct hook *hook)
{
    hook_drained_cb *drained_cb = hook->drained_cb;

    if (drained_cb == NULL || hook->closed || has_runs(hook))
        return;
    hook->drained_cb = NULL;
    drained_cb(hook->drained_arg);
}

static void tell(const char *group, enum log_level level, const char *text)
{
    const struct log_field fields[] = {{"HEADROOM_GROUP", group}};

    log_record(level, text, fields, sizeof fields / sizeof *fields);
}

static void tell_suppressed(const char *group, unsigned lines)
{
    char text[SENTENCE_MAX];

    if (lines == 0)
        return;
    (void)snprintf(text, sizeof text, "hook for %s: %u more lines", group, lines);
    tell(group, LOG_LEVEL_INFO, text);
}

static void hook_on_line(const char *line, void *arg)
{
    struct hook_run *run = arg;
    const char *group = run->hook->queue.slots[run->index].group;
    char text[SENTENCE_MAX + HOOK_LINE_MAX];
    unsigned suppressed = 0;

    if (!log_limit_pass(&run->limit, uv_now(run->hook->loop), &suppressed))
        return;
    tell_suppressed(group, suppressed);
    (void)snprintf(text, sizeof text, "hook for %s: %s", group, line);
    tell(group, LOG_LEVEL_INFO, text);
}

static void tell_result(struct hook_run *run, const char *group)
{
    char text[SENTENCE_MAX];

    hook_output_end(&run->output, hook_on_line, run);
    tell_suppressed(group, run->limit.suppressed);
    hook_result_sentence(&run->result, group, text, sizeof text);
    tell(group, run->result.verdict == HOOK_ACCEPTED ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, text);
}

/* All handles are closed: the run's place is free. */
static void run_ended(struct hook_run *run)
{
    struct hook *hook = run->hook;
    struct hook_slot *slot = &hook->queue.slots[run->index];
    struct hook_result *result = &run->result;
    uint64_t now_ms = uv_now(hook->loop);

    result->duration_ms = now_ms - run->started_ms;
    if (hook->draining)
        hook_queue_withdraw(&hook->queue, run->index);
    result->retry_ms = hook_queue_end(&hook->queue, run->index, result->verdict == HOOK_ACCEPTED, now_ms);
    result->failures = slot->backoff.failures;
    tell_result(run, slot->group);
    run->phase = HOOK_FREE;
    if (hook->closed)
        return;
    if (hook->events->on_ended != NULL) {
        struct hook_result told = *result; /* the place may be taken meanwhile */
        hook->events->on_ended(run->index, slot->group, &told, hook->arg);
    }
    begin_runs(hook);
    tell_drained(hook);
}

static void hook_on_closed(uv_handle_t *handle)
{
    struct hook_run *run = handle->data;

    if (--run->open == 0)
        run_ended(run);
}

static void close_run(struct hook_run *run)
{
    run->phase = HOOK_CLOSING;
    handle_close(&run->process, hook_on_closed);
    handle_close(&run->in, hook_on_closed);
    handle_close(&run->out, hook_on_closed);
    handle_close(&run->timer, hook_on_closed);
    handle_close(&run->pause, hook_on_closed);
}

static void hook_on_timer(uv_timer_t *timer);

/* To its process group, whose id is nobody else's as long as a process is in it. */
static void signal_run(const struct hook_run *run, int signum)
{
    (void)kill(-run->process.pid, signum);
}

static void end_run(struct hook_run *run, enum hook_verdict verdict, uint64_t term_ms)
{
    run->phase = HOOK_TERMINATING;
    run->result.verdict = verdict;
    signal_run(run, SIGTERM);
    uv_timer_start(&run->timer, hook_on_timer, term_ms, 0);
}

static void hook_on_timer(uv_timer_t *timer)
{
    struct hook_run *run = timer->data;

    switch (run->phase) {
    case HOOK_RUNNING:
        end_run(run, HOOK_TIMED_OUT, run->hook->term_ms);
        break;
    case HOOK_TERMINATING: /* the kernel ends it, sooner or later */
        run->phase = HOOK_KILLED;
        signal_run(run, SIGKILL);
        break;
    case HOOK_KILLED: /* after hook_close() */
    case HOOK_EXITED:
        close_run(run);
        break;
    case HOOK_FREE:
    case HOOK_CLOSING:
        break;
    }
}

static void hook_on_exit(uv_process_t *process, int64_t exit_status, int signum)
{
    struct hook_run *run = process->data;

    if (run->phase == HOOK_TERMINATING || run->phase == HOOK_KILLED) {
        signal_run(run, SIGKILL); /* what it has started, and it alone heeded SIGTERM */
    } else if (signum != 0) {
        run->result.verdict = HOOK_DIED;
        run->result.signum = signum;
    } else {
        run->result.verdict = exit_status == 0 ? HOOK_ACCEPTED : HOOK_REFUSED;
        run->result.exit_status = (int)exit_status;
    }
    run->phase = HOOK_EXITED;
    if (uv_is_closing((uv_handle_t *)&run->out) || run->hook->closed)
        close_run(run);
    else
        uv_timer_start(&run->timer, hook_on_timer, REST_MS, 0);
}

/* ---- its output ---- */

static void hook_on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct hook_run *run = handle->data;

    (void)suggested;
    *buffer = uv_buf_init(run->hook->buffer, sizeof run->hook->buffer);
}

static void hook_on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer);

static void hook_on_pause(uv_timer_t *timer)
{
    struct hook_run *run = timer->data;

    if (!uv_is_closing((uv_handle_t *)&run->out))
        uv_read_start((uv_stream_t *)&run->out, hook_on_alloc, hook_on_read);
}

static void hook_on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct hook_run *run = stream->data;

    if (len > 0) {
        hook_output_add(&run->output, buffer->base, (size_t)len, hook_on_line, run);
        uv_read_stop(stream);
        uv_timer_start(&run->pause, hook_on_pause, PAUSE_MS, 0);
    } else if (len < 0) {
        handle_close(&run->out, hook_on_closed);
        if (run->phase == HOOK_EXITED)
            close_run(run);
    }
}

/* ---- its beginning ---- */

/* A hook that doesn't read to the end is no error. */
static void hook_on_written(uv_write_t *write, int status)
{
    struct hook_run *run = write->data;

    (void)status;
    handle_close(&run->in, hook_on_closed);
}

/* Opens both pipes; *in and *out are the program's ends. They are pipes and no socket pairs, as libuv would make: a
 * script could not open /dev/stdin then. */
static int open_pipes(struct hook_run *run, int *in, int *out)
{
    int ins[2];
    int outs[2];

    int rc = uv_pipe(ins, 0, UV_NONBLOCK_PIPE);
    if (rc < 0)
        return rc;
    rc = uv_pipe(outs, UV_NONBLOCK_PIPE, 0);
    if (rc < 0) {
        close(ins[0]);
        close(ins[1]);
        return rc;
    }
    *in = ins[0];
    *out = outs[1];
    /* These fail for descriptors of another kind only. */
    (void)uv_pipe_open(&run->in, ins[1]);
    (void)uv_pipe_open(&run->out, outs[0]);
    return 0;
}

static int spawn(struct hook_run *run, const char *program)
{
    const struct hook_slot *slot = &run->hook->queue.slots[run->index];
    char current[NUMBER_MAX];
    char desired[NUMBER_MAX];
    char verb[] = "scale";
    char *arguments[] = {(char *)program, verb, (char *)slot->group, current, desired, NULL};
    int in = -1;
    int out = -1;

    (void)snprintf(current, sizeof current, "%u", slot->running.current);
    (void)snprintf(desired, sizeof desired, "%u", slot->running.desired);
    int rc = open_pipes(run, &in, &out);
    if (rc < 0)
        return rc;
    uv_stdio_container_t stdio[] = {{.flags = UV_INHERIT_FD, .data.fd = in},
                                    {.flags = UV_INHERIT_FD, .data.fd = out},
                                    {.flags = UV_INHERIT_FD, .data.fd = out}};
    uv_process_options_t options = {
        .file = program,
        .args = arguments,
        .env = run->hook->environment,
        .flags = UV_PROCESS_DETACHED, /* a process group of its own */
        .stdio_count = sizeof stdio / sizeof *stdio,
        .stdio = stdio,
        .exit_cb = hook_on_exit,
    };
    run->open++; /* even if it fails */
    rc = uv_spawn(run->hook->loop, &run->process, &options);
    close(in);
    close(out);
    return rc;
}

static void feed(struct hook_run *run)
{
    const struct hook_order *order = &run->hook->queue.slots[run->index].running;
    uv_buf_t record = uv_buf_init(order->record, (unsigned)order->record_len);

    int rc = uv_write(&run->write, (uv_stream_t *)&run->in, &record, 1, hook_on_written);
    if (rc < 0)
        handle_close(&run->in, hook_on_closed);
}

static void init_run(struct hook_run *run, struct hook *hook, unsigned index)
{
    const struct hook_order *order = &hook->queue.slots[index].running;

    *run = (struct hook_run){
        .hook = hook,
        .index = index,
        .phase = HOOK_RUNNING,
        .open = 4,
        .started_ms = uv_now(hook->loop),
        .result = {.current = order->current, .desired = order->desired},
        .limit = {.interval_ms = HOOK_LINES_MS, .burst = HOOK_LINES_MAX},
    };
    uv_pipe_init(hook->loop, &run->in, 0);
    uv_pipe_init(hook->loop, &run->out, 0);
    uv_timer_init(hook->loop, &run->timer);
    uv_timer_init(hook->loop, &run->pause);
    run->in.data = run->out.data = run->timer.data = run->pause.data = run->process.data = run->write.data = run;
}

static void begin_run(struct hook_run *run, struct hook *hook, unsigned index)
{
    const struct hook_slot *slot = &hook->queue.slots[index];
    const char *program = hook->events->program(slot->group, hook->arg);

    init_run(run, hook, index);
    if (program == NULL)
        hook_queue_withdraw(&hook->queue, index);
    int rc = program == NULL ? -ENOENT : spawn(run, program);
    if (rc < 0) {
        run->result.verdict = HOOK_NOT_STARTED;
        run->result.error = rc;
        close_run(run);
        return;
    }
    uv_timer_start(&run->timer, hook_on_timer, hook->timeout_ms, 0);
    uv_read_start((uv_stream_t *)&run->out, hook_on_alloc, hook_on_read);
    feed(run);
    if (hook->events->on_started != NULL)
        hook->events->on_started(index, slot->group, slot->running.current, slot->running.desired, hook->arg);
}

static struct hook_run *free_run(struct hook *hook)
{
    for (unsigned i = 0; i < HOOK_RUNS_MAX; i++)
        if (hook->runs[i].phase == HOOK_FREE)
            return &hook->runs[i];
    return NULL; /* never: the queue counts them */
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
        begin_run(free_run(hook), hook, (unsigned)index);
    if (hook->draining)
        return;
    uint64_t due_ms = hook_queue_due_ms(&hook->queue);
    if (due_ms == UINT64_MAX)
        uv_timer_stop(&hook->timer);
    else
        uv_timer_start(&hook->timer, hook_on_due, due_ms - now_ms, 0);
}

/* ---- orders ---- */

void hook_put(struct hook *hook, unsigned index, const char *group, const struct hook_order *order)
{
    if (hook->draining) {
        free(order->record);
        return;
    }
    hook_queue_put(&hook->queue, index, group, order, uv_now(hook->loop));
    begin_runs(hook);
}

void hook_withdraw(struct hook *hook, unsigned index)
{
    hook_queue_withdraw(&hook->queue, index);
}

const struct hook_slot *hook_slot(const struct hook *hook, unsigned index)
{
    return &hook->queue.slots[index];
}

/* ---- life ---- */

/* What the service manager tells the collector is not meant for what it runs. */
static bool is_private(const char *variable)
{
    static const char *const names[] = {
        "NOTIFY_SOCKET=", "WATCHDOG_", "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=", "JOURNAL_STREAM="};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static char **make_environment(void)
{
    size_t count = 0;

    while (environ[count] != NULL)
        count++;
    char **variables = calloc(count + 1, sizeof *variables);
    if (variables == NULL)
        return NULL;
    for (size_t from = 0, to = 0; from < count; from++)
        if (!is_private(environ[from]))
            variables[to++] = environ[from];
    return variables;
}

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
    hook->environment = make_environment();
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
        if (hook->runs[i].phase == HOOK_RUNNING)
            end_run(&hook->runs[i], HOOK_STOPPED, hook->last_term_ms);
        else if (hook->runs[i].phase == HOOK_TERMINATING)
            uv_timer_start(&hook->runs[i].timer, hook_on_timer, hook->last_term_ms, 0);
}

void hook_drain(struct hook *hook, hook_drained_cb *drained_cb, void *arg)
{
    hook->draining = true;
    hook->drained_cb = drained_cb;
    hook->drained_arg = arg;
    hook_queue_withdraw_all(&hook->queue);
    uv_timer_start(&hook->timer, hook_on_grace, hook->grace_ms, 0);
    tell_drained(hook);
}

static void kill_run(struct hook_run *run)
{
    if (run->phase != HOOK_TERMINATING && run->phase != HOOK_KILLED)
        run->result.verdict = HOOK_STOPPED;
    run->phase = HOOK_KILLED;
    signal_run(run, SIGKILL);
    uv_timer_start(&run->timer, hook_on_timer, REAP_MS, 0);
}

void hook_close(struct hook *hook)
{
    if (hook->closed)
        return;
    hook->closed = true;
    hook->draining = true;
    handle_close(&hook->timer, NULL);
    for (unsigned i = 0; i < HOOK_RUNS_MAX; i++) {
        struct hook_run *run = &hook->runs[i];
        if (run->phase == HOOK_RUNNING || run->phase == HOOK_TERMINATING || run->phase == HOOK_KILLED)
            kill_run(run);
        else if (run->phase == HOOK_EXITED)
            close_run(run);
    }
}

void hook_deinit(struct hook *hook)
{
    hook_queue_deinit(&hook->queue);
    free(hook->environment);
    hook->environment = NULL;
}
