#include "collector/feeds/feed_run.h"

#include "collector/spawn/spawn_pipe.h"
#include "common/handle.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- its end ---- */

static void feed_run_on_closed(uv_handle_t *handle)
{
    struct feed_run *run = handle->data;

    if (--run->open > 0)
        return;
    if (run->events != NULL)
        run->events->on_ended(&run->end, run->arg);
    free(run);
}

static void close_pipes(struct feed_run *run)
{
    run->outputs = 0;
    handle_close(&run->out, feed_run_on_closed);
    handle_close(&run->err, feed_run_on_closed);
}

/* Also kills what the program has started and left behind, if it is still in its process group. */
static void finish(struct feed_run *run)
{
    if (run->is_over)
        return;
    run->is_over = true;
    spawner_signal(&run->child, SIGKILL);
    spawner_forget(&run->child);
    close_pipes(run);
    handle_close(&run->pause, feed_run_on_closed);
    handle_close(&run->rest, feed_run_on_closed);
}

static void feed_run_on_rest(uv_timer_t *timer)
{
    finish(timer->data);
}

static void look(struct feed_run *run)
{
    if (run->has_ended && run->outputs == 0)
        finish(run);
    else if (run->has_ended)
        uv_timer_start(&run->rest, feed_run_on_rest, FEED_RUN_REST_MS, 0);
}

static void feed_run_on_exit(struct spawner_child *child, const struct spawner_end *end, void *arg)
{
    struct feed_run *run = arg;

    (void)child;
    run->end = *end;
    run->has_ended = true;
    look(run);
}

void feed_run_kill(struct feed_run *run)
{
    if (!run->has_ended)
        spawner_signal(&run->child, SIGKILL);
}

void feed_run_abandon(struct feed_run *run, bool waits)
{
    run->events = NULL;
    feed_run_kill(run);
    if (waits && !run->has_ended)
        close_pipes(run);
    else
        finish(run);
}

/* ---- its output ---- */

static void feed_run_on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    const struct feed_run *run = handle->data;

    (void)suggested;
    *buffer = uv_buf_init(run->buffer, FEED_RUN_BUFFER);
}

static void feed_run_on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer);

/* A pipe that is read to its end is closed, and stays so. */
static void read_on(struct feed_run *run)
{
    (void)uv_read_start((uv_stream_t *)&run->out, feed_run_on_alloc, feed_run_on_read);
    (void)uv_read_start((uv_stream_t *)&run->err, feed_run_on_alloc, feed_run_on_read);
}

static void feed_run_on_pause(uv_timer_t *timer)
{
    read_on(timer->data);
}

static void feed_run_on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct feed_run *run = stream->data;

    if (len > 0) {
        uv_read_stop(stream);
        if (!uv_is_active((uv_handle_t *)&run->pause))
            uv_timer_start(&run->pause, feed_run_on_pause, FEED_RUN_PAUSE_MS, 0);
        if (stream == (uv_stream_t *)&run->out)
            run->events->on_output(buffer->base, (size_t)len, run->arg);
        else
            run->events->on_error_output(buffer->base, (size_t)len, run->arg);
    } else if (len < 0) {
        handle_close(stream, feed_run_on_closed);
        run->outputs--;
        look(run);
    }
}

/* ---- its start ---- */

/* A pipe without a writer is at its end. */
static int open_input(int *end)
{
    int ends[2];
    int rc = uv_pipe(ends, 0, 0);

    if (rc < 0)
        return rc;
    close(ends[1]);
    *end = ends[0];
    return 0;
}

static int spawn(struct feed_run *run, struct spawner *spawner, char *const *arguments)
{
    char *none[] = {NULL};
    int ends[SPAWN_FILES] = {-1, -1, -1};
    int rc = open_input(&ends[STDIN_FILENO]);

    if (rc == 0)
        rc = spawn_pipe_open(&run->out, false, &ends[STDOUT_FILENO]);
    if (rc == 0)
        rc = spawn_pipe_open(&run->err, false, &ends[STDERR_FILENO]);
    if (rc == 0)
        return spawner_run(spawner, &run->child, arguments, none, ends, feed_run_on_exit, run);
    spawn_pipe_close(ends);
    return rc;
}

static void init_handles(struct feed_run *run, uv_loop_t *loop)
{
    uv_pipe_init(loop, &run->out, 0);
    uv_pipe_init(loop, &run->err, 0);
    uv_timer_init(loop, &run->pause);
    uv_timer_init(loop, &run->rest);
    run->out.data = run;
    run->err.data = run;
    run->pause.data = run;
    run->rest.data = run;
    run->open = 4;
    run->outputs = 2;
}

struct feed_run *feed_run_start(uv_loop_t *loop, struct spawner *spawner, char *const *arguments, char *buffer,
                                const struct feed_run_events *events, void *arg)
{
    struct feed_run *run = calloc(1, sizeof *run);

    if (run == NULL)
        return NULL;
    run->events = events;
    run->arg = arg;
    run->buffer = buffer;
    init_handles(run, loop);
    int rc = spawn(run, spawner, arguments);
    if (rc == 0) {
        read_on(run);
    } else {
        run->end.error = rc;
        run->has_ended = true;
        finish(run);
    }
    return run;
}
