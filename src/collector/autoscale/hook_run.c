#include "collector/autoscale/hook_run.h"

#include "collector/spawn/spawn_pipe.h"
#include "common/handle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PAUSE_MS 10U /* between two reads of a program's output, so that no program keeps the loop busy */
#define TEXT_MAX 512

/* ---- the log ---- */

void hook_run_log(const char *group, enum log_level level, const char *text)
{
    const struct log_field fields[] = {{"HEADROOM_GROUP", group}};

    log_record(level, text, fields, group != NULL ? 1 : 0);
}

/* "hook for GROUP: ...", "hook: ..." or "alert program: ...". */
static void log_for(const struct hook_run *run, const char *text)
{
    char line[TEXT_MAX + HOOK_LINE_MAX];
    const char *group = run->command.call.group;
    const char *title = run->command.call.verb == HOOK_ALERT ? "alert program" : "hook";

    snprintf(line, sizeof line, "%s%s%s: %s", title, group != NULL ? " for " : "", group != NULL ? group : "", text);
    hook_run_log(group, LOG_LEVEL_INFO, line);
}

static void log_suppressed(const struct hook_run *run, unsigned lines)
{
    char text[64];

    if (lines == 0)
        return;
    snprintf(text, sizeof text, "%u more lines were not logged", lines);
    log_for(run, text);
}

static void hook_run_on_line(const char *line, void *arg)
{
    struct hook_run *run = arg;
    unsigned suppressed = 0;

    if (!log_limit_pass(&run->limit, uv_now(run->timer.loop), &suppressed)) {
        run->unlogged++;
        return;
    }
    log_suppressed(run, suppressed);
    log_for(run, line);
}

/* ---- its phases ---- */

static void hook_run_on_closed(uv_handle_t *handle)
{
    struct hook_run *run = handle->data;

    if (--run->open > 0)
        return;
    hook_output_end(&run->output, hook_run_on_line, run);
    log_suppressed(run, run->limit.suppressed);
    hook_life_closed(&run->life, uv_now(handle->loop) - run->started_ms);
    run->cb(run, run->arg);
}

static void hook_run_on_timer(uv_timer_t *timer);

static void carry_out(struct hook_run *run, struct hook_step step)
{
    if (step.signum != 0)
        spawner_signal(&run->child, step.signum);
    if (step.timer_ms > 0)
        uv_timer_start(&run->timer, hook_run_on_timer, step.timer_ms, 0);
    if (!step.close)
        return;
    spawner_forget(&run->child);
    handle_close(&run->in, hook_run_on_closed);
    handle_close(&run->out, hook_run_on_closed);
    handle_close(&run->answer, hook_run_on_closed);
    handle_close(&run->timer, hook_run_on_closed);
    handle_close(&run->pause, hook_run_on_closed);
}

static void hook_run_on_timer(uv_timer_t *timer)
{
    struct hook_run *run = timer->data;

    carry_out(run, hook_life_timer(&run->life));
}

static void hook_run_on_exit(struct spawner_child *child, const struct spawner_end *end, void *arg)
{
    struct hook_run *run = arg;

    (void)child;
    if (end->error < 0)
        carry_out(run, hook_life_not_started(&run->life, end->error));
    else
        carry_out(run, hook_life_exited(&run->life, end->exit_status, end->signum));
}

void hook_run_stop(struct hook_run *run, uint64_t term_ms)
{
    carry_out(run, hook_life_stop(&run->life, term_ms));
}

void hook_run_kill(struct hook_run *run)
{
    carry_out(run, hook_life_kill(&run->life));
}

bool hook_run_is_free(const struct hook_run *run)
{
    return run->life.phase == HOOK_FREE;
}

/* ---- its output ---- */

static void hook_run_on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    const struct hook_run *run = handle->data;

    (void)suggested;
    *buffer = uv_buf_init(run->command.buffer, (unsigned)run->command.buffer_size);
}

static void hook_run_on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer);

static void read_on(struct hook_run *run)
{
    uv_read_start((uv_stream_t *)&run->out, hook_run_on_alloc, hook_run_on_read);
    uv_read_start((uv_stream_t *)&run->answer, hook_run_on_alloc, hook_run_on_read);
}

static void hook_run_on_pause(uv_timer_t *timer)
{
    read_on(timer->data);
}

static void take_output(struct hook_run *run, const uv_stream_t *stream, const char *data, size_t len)
{
    if (stream == (const uv_stream_t *)&run->answer)
        run->command.answer(data, len, run->arg);
    else
        hook_output_add(&run->output, data, len, hook_run_on_line, run);
}

static void hook_run_on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct hook_run *run = stream->data;

    if (len > 0) {
        take_output(run, stream, buffer->base, (size_t)len);
        uv_read_stop(stream);
        uv_timer_start(&run->pause, hook_run_on_pause, PAUSE_MS, 0);
    } else if (len < 0) {
        handle_close(stream, hook_run_on_closed);
        if (--run->outputs == 0)
            carry_out(run, hook_life_output_ended(&run->life));
    }
}

/* ---- its beginning ---- */

/* A program that does not read to the end makes no error. */
static void hook_run_on_written(uv_write_t *write, int status)
{
    struct hook_run *run = write->data;

    (void)status;
    handle_close(&run->in, hook_run_on_closed);
}

static void feed(struct hook_run *run)
{
    if (run->command.record == NULL) {
        handle_close(&run->in, hook_run_on_closed);
        return;
    }
    uv_buf_t record = uv_buf_init(run->command.record, (unsigned)run->command.record_len);

    int rc = uv_write(&run->write, (uv_stream_t *)&run->in, &record, 1, hook_run_on_written);
    if (rc < 0)
        handle_close(&run->in, hook_run_on_closed);
}

/* ends: standard input, output and error, which is the same as output unless that is the answer. */
static int open_pipes(struct hook_run *run, int *ends)
{
    int rc = spawn_pipe_open(&run->in, true, &ends[STDIN_FILENO]);

    if (rc == 0)
        rc = spawn_pipe_open(&run->out, false, &ends[STDERR_FILENO]);
    if (rc == 0 && run->command.answer != NULL)
        rc = spawn_pipe_open(&run->answer, false, &ends[STDOUT_FILENO]);
    if (rc < 0)
        spawn_pipe_close(ends);
    else if (run->command.answer == NULL)
        ends[STDOUT_FILENO] = ends[STDERR_FILENO];
    return rc;
}

static int spawn(struct hook_run *run)
{
    const struct hook_call *call = &run->command.call;
    char **arguments = hook_call_arguments(call, run->command.program);
    char order[HOOK_ORDER_MAX];
    char *variables[] = {hook_call_variable(call, order) ? order : NULL, NULL};
    int ends[SPAWN_FILES] = {-1, -1, -1};

    if (arguments == NULL)
        return -ENOMEM;
    int rc = open_pipes(run, ends);
    if (rc == 0)
        rc = spawner_run(run->command.spawner, &run->child, arguments, variables, ends, hook_run_on_exit, run);
    free(arguments);
    return rc;
}

static void init_handles(struct hook_run *run, uv_loop_t *loop)
{
    uv_pipe_init(loop, &run->in, 0);
    uv_pipe_init(loop, &run->out, 0);
    uv_pipe_init(loop, &run->answer, 0);
    uv_timer_init(loop, &run->timer);
    uv_timer_init(loop, &run->pause);
    run->open = 5;
    run->in.data = run;
    run->out.data = run;
    run->answer.data = run;
    run->timer.data = run;
    run->pause.data = run;
    run->write.data = run;
}

int hook_run_start(struct hook_run *run, uv_loop_t *loop, const struct hook_command *command, hook_run_ended_cb *cb,
                   void *arg)
{
    *run = (struct hook_run){
        .command = *command,
        .cb = cb,
        .arg = arg,
        .outputs = command->answer != NULL ? 2 : 1,
        .started_ms = uv_now(loop),
        .limit = {.interval_ms = HOOK_LINES_MS, .burst = HOOK_LINES_MAX},
    };
    init_handles(run, loop);
    struct hook_step step = hook_life_begin(&run->life, &command->call, command->timeout_ms, command->term_ms);
    int rc = spawn(run);
    if (rc < 0) {
        carry_out(run, hook_life_not_started(&run->life, rc));
        return rc;
    }
    carry_out(run, step);
    read_on(run);
    feed(run);
    return 0;
}
