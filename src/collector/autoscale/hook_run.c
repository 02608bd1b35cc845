#include "collector/autoscale/hook_run.h"

#include "common/handle.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define PAUSE_MS   10U /* between two reads of a program's output, so that no program keeps the loop busy */
#define NUMBER_MAX 16
#define TEXT_MAX   512

/* ---- the log ---- */

void hook_run_log(const char *group, enum log_level level, const char *text)
{
    const struct log_field fields[] = {{"HEADROOM_GROUP", group}};

    log_record(level, text, fields, sizeof fields / sizeof *fields);
}

static void log_suppressed(const char *group, unsigned lines)
{
    char text[TEXT_MAX];

    if (lines == 0)
        return;
    snprintf(text, sizeof text, "hook for %s: %u more lines were not logged", group, lines);
    hook_run_log(group, LOG_LEVEL_INFO, text);
}

static void hook_run_on_line(const char *line, void *arg)
{
    struct hook_run *run = arg;
    char text[TEXT_MAX + HOOK_LINE_MAX];
    unsigned suppressed = 0;

    if (!log_limit_pass(&run->limit, uv_now(run->timer.loop), &suppressed))
        return;
    log_suppressed(run->command.group, suppressed);
    snprintf(text, sizeof text, "hook for %s: %s", run->command.group, line);
    hook_run_log(run->command.group, LOG_LEVEL_INFO, text);
}

/* ---- its phases ---- */

static void hook_run_on_closed(uv_handle_t *handle)
{
    struct hook_run *run = handle->data;

    if (--run->open > 0)
        return;
    hook_output_end(&run->output, hook_run_on_line, run);
    log_suppressed(run->command.group, run->limit.suppressed);
    hook_life_closed(&run->life, uv_now(handle->loop) - run->started_ms);
    run->cb(run, run->arg);
}

static void hook_run_on_timer(uv_timer_t *timer);

/* The signal goes to the process group, whose id is unique as long as a process is in it. */
static void carry_out(struct hook_run *run, struct hook_step step)
{
    if (step.signum != 0)
        (void)kill(-run->process.pid, step.signum);
    if (step.timer_ms > 0)
        uv_timer_start(&run->timer, hook_run_on_timer, step.timer_ms, 0);
    if (!step.close)
        return;
    handle_close(&run->process, hook_run_on_closed);
    handle_close(&run->in, hook_run_on_closed);
    handle_close(&run->out, hook_run_on_closed);
    handle_close(&run->timer, hook_run_on_closed);
    handle_close(&run->pause, hook_run_on_closed);
}

static void hook_run_on_timer(uv_timer_t *timer)
{
    struct hook_run *run = timer->data;

    carry_out(run, hook_life_timer(&run->life));
}

static void hook_run_on_exit(uv_process_t *process, int64_t exit_status, int signum)
{
    struct hook_run *run = process->data;

    carry_out(run, hook_life_exited(&run->life, exit_status, signum));
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

static void hook_run_on_pause(uv_timer_t *timer)
{
    struct hook_run *run = timer->data;

    uv_read_start((uv_stream_t *)&run->out, hook_run_on_alloc, hook_run_on_read);
}

static void hook_run_on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct hook_run *run = stream->data;

    if (len > 0) {
        hook_output_add(&run->output, buffer->base, (size_t)len, hook_run_on_line, run);
        uv_read_stop(stream);
        uv_timer_start(&run->pause, hook_run_on_pause, PAUSE_MS, 0);
    } else if (len < 0) {
        handle_close(&run->out, hook_run_on_closed);
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
    uv_buf_t record = uv_buf_init(run->command.record, (unsigned)run->command.record_len);

    int rc = uv_write(&run->write, (uv_stream_t *)&run->in, &record, 1, hook_run_on_written);
    if (rc < 0)
        handle_close(&run->in, hook_run_on_closed);
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

static int spawn(struct hook_run *run)
{
    const struct hook_command *command = &run->command;
    char current[NUMBER_MAX];
    char desired[NUMBER_MAX];
    char verb[] = "scale";
    char *arguments[] = {(char *)command->program, verb, (char *)command->group, current, desired, NULL};
    int in = -1;
    int out = -1;

    if (command->program == NULL)
        return -ENOENT;
    snprintf(current, sizeof current, "%u", command->current);
    snprintf(desired, sizeof desired, "%u", command->desired);
    int rc = open_pipes(run, &in, &out);
    if (rc < 0)
        return rc;
    uv_stdio_container_t stdio[] = {{.flags = UV_INHERIT_FD, .data.fd = in},
                                    {.flags = UV_INHERIT_FD, .data.fd = out},
                                    {.flags = UV_INHERIT_FD, .data.fd = out}};
    uv_process_options_t options = {
        .file = command->program,
        .args = arguments,
        .env = command->environment,
        .flags = UV_PROCESS_DETACHED, /* a process group of its own */
        .stdio_count = sizeof stdio / sizeof *stdio,
        .stdio = stdio,
        .exit_cb = hook_run_on_exit,
    };
    run->open++; /* even if it fails */
    rc = uv_spawn(run->timer.loop, &run->process, &options);
    close(in);
    close(out);
    return rc;
}

int hook_run_start(struct hook_run *run, uv_loop_t *loop, const struct hook_command *command, hook_run_ended_cb *cb,
                   void *arg)
{
    *run = (struct hook_run){
        .command = *command,
        .cb = cb,
        .arg = arg,
        .open = 4,
        .started_ms = uv_now(loop),
        .limit = {.interval_ms = HOOK_LINES_MS, .burst = HOOK_LINES_MAX},
    };
    uv_pipe_init(loop, &run->in, 0);
    uv_pipe_init(loop, &run->out, 0);
    uv_timer_init(loop, &run->timer);
    uv_timer_init(loop, &run->pause);
    run->in.data = run;
    run->out.data = run;
    run->timer.data = run;
    run->pause.data = run;
    run->process.data = run;
    run->write.data = run;
    struct hook_step step =
        hook_life_begin(&run->life, command->current, command->desired, command->timeout_ms, command->term_ms);
    int rc = spawn(run);
    if (rc < 0) {
        carry_out(run, hook_life_not_started(&run->life, rc));
        return rc;
    }
    carry_out(run, step);
    uv_read_start((uv_stream_t *)&run->out, hook_run_on_alloc, hook_run_on_read);
    feed(run);
    return 0;
}
