#include "agent/manager_jobs.h"

#include "common/handle.h"

#include <signal.h>

static void report(struct manager_jobs *jobs)
{
    manager_jobs_cb *cb = jobs->cb;

    jobs->cb = NULL;
    if (cb == NULL)
        return;
    jobs->text[jobs->len] = '\0';
    handle_close(&jobs->out, NULL);
    handle_close(&jobs->timer, NULL);
    cb(jobs->text, jobs->arg);
}

static void manager_jobs_on_exit(uv_process_t *process, int64_t status, int signum)
{
    (void)status;
    (void)signum;
    handle_close(process, NULL);
}

static void manager_jobs_on_timer(uv_timer_t *timer)
{
    struct manager_jobs *jobs = timer->data;

    (void)uv_process_kill(&jobs->process, SIGKILL);
    report(jobs);
}

/* What does not fit is read to the end all the same, into the last byte. */
static void manager_jobs_on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct manager_jobs *jobs = handle->data;
    size_t room = MANAGER_JOBS_LEN_MAX - jobs->len;

    (void)suggested;
    *buf = uv_buf_init(jobs->text + jobs->len, room > 0 ? (unsigned)room : 1);
}

static void manager_jobs_on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
    struct manager_jobs *jobs = stream->data;

    (void)buf;
    if (nread < 0)
        report(jobs);
    else if (jobs->len < MANAGER_JOBS_LEN_MAX)
        jobs->len += (size_t)nread;
}

static int spawn(struct manager_jobs *jobs, uv_loop_t *loop)
{
    char *arguments[] = {"systemctl", "list-jobs", "--plain", "--no-legend", "--no-pager", NULL};
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&jobs->out},
        {.flags = UV_IGNORE},
    };
    const uv_process_options_t options = {
        .exit_cb = manager_jobs_on_exit, .file = arguments[0], .args = arguments, .stdio_count = 3, .stdio = stdio};

    return uv_spawn(loop, &jobs->process, &options);
}

void manager_jobs_ask(struct manager_jobs *jobs, uv_loop_t *loop, manager_jobs_cb *cb, void *arg)
{
    *jobs = (struct manager_jobs){.cb = cb, .arg = arg};
    uv_timer_init(loop, &jobs->timer);
    (void)uv_pipe_init(loop, &jobs->out, 0);
    jobs->timer.data = jobs->out.data = jobs;
    int rc = spawn(jobs, loop);
    if (rc < 0)
        handle_close(&jobs->process, NULL);
    if (rc == 0)
        rc = uv_read_start((uv_stream_t *)&jobs->out, manager_jobs_on_alloc, manager_jobs_on_read);
    if (rc == 0)
        rc = uv_timer_start(&jobs->timer, manager_jobs_on_timer, MANAGER_JOBS_MS_MAX, 0);
    if (rc < 0)
        report(jobs);
}

void manager_jobs_close(struct manager_jobs *jobs)
{
    jobs->cb = NULL;
    handle_close(&jobs->out, NULL);
    handle_close(&jobs->timer, NULL);
    handle_close(&jobs->process, NULL);
}
