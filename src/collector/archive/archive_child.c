#include "collector/archive/archive_child.h"

#include "collector/spawn/bridge_path.h"
#include "collector/spawn/spawn_pipe.h"
#include "common/handle.h"
#include "common/parse.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEN_MAX ((size_t)4 << 20)

/* ---- the end ---- */

static void archive_child_on_closed(uv_handle_t *handle)
{
    struct archive_child *child = handle->data;
    const struct archive_answer answer = {child->text, child->len};

    if (--child->open > 0)
        return;
    if (child->rc < 0)
        free(child->text);
    child->cb(child->rc, &answer, child->arg);
}

static void fail(struct archive_child *child, int rc, const char *why)
{
    if (child->rc < 0)
        return;
    child->rc = rc;
    if (child->why_len == 0)
        snprintf(child->why, sizeof child->why, "%s", why);
}

static void close_all(struct archive_child *child)
{
    if (child->is_closing)
        return;
    child->is_closing = true;
    spawner_forget(&child->program);
    handle_close(&child->in, archive_child_on_closed);
    handle_close(&child->out, archive_child_on_closed);
    handle_close(&child->err, archive_child_on_closed);
    handle_close(&child->timer, archive_child_on_closed);
}

static void close_if_over(struct archive_child *child)
{
    if (child->has_ended && child->outputs == 0)
        close_all(child);
}

static void archive_child_on_end(struct spawner_child *program, const struct spawner_end *end, void *arg)
{
    struct archive_child *child = arg;

    (void)program;
    child->has_ended = true;
    if (end->error < 0)
        fail(child, end->error, strerror(-end->error));
    else if (end->signum != 0 || end->exit_status != 0)
        fail(child, -EIO, "it ended without an answer");
    close_if_over(child);
}

void archive_child_kill(struct archive_child *child)
{
    fail(child, -ECANCELED, "");
    spawner_signal(&child->program, SIGKILL);
}

void archive_child_close(struct archive_child *child)
{
    archive_child_kill(child);
    close_all(child);
}

static void archive_child_on_timer(uv_timer_t *timer)
{
    struct archive_child *child = timer->data;

    fail(child, -ETIMEDOUT, "it took too long");
    spawner_signal(&child->program, SIGKILL);
}

/* ---- its output ---- */

static void archive_child_on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct archive_child *child = handle->data;

    (void)suggested;
    if (handle == (const uv_handle_t *)&child->out && child->len < LEN_MAX)
        *buffer = uv_buf_init(child->text + child->len, (unsigned)(LEN_MAX - child->len));
    else
        *buffer = uv_buf_init(child->block, sizeof child->block);
}

/* The beginning of standard error: a sentence. */
static void take_reason(struct archive_child *child, const char *data, size_t len)
{
    size_t room = sizeof child->why - 1 - child->why_len;

    if (len > room)
        len = room;
    memcpy(child->why + child->why_len, data, len);
    child->why_len += len;
    child->why[child->why_len] = '\0';
    child->why[strcspn(child->why, "\n")] = '\0';
    parse_to_ascii(child->why);
}

static void archive_child_on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct archive_child *child = stream->data;

    if (len < 0) {
        uv_read_stop(stream);
        child->outputs--;
        close_if_over(child);
    } else if (stream == (const uv_stream_t *)&child->err) {
        take_reason(child, buffer->base, (size_t)len);
    } else if (buffer->base == child->block && len > 0) {
        fail(child, -EFBIG, "its answer is too long");
        spawner_signal(&child->program, SIGKILL);
    } else {
        child->len += (size_t)len;
    }
}

/* ---- its beginning ---- */

/* A program that does not read the line makes no error of its own. */
static void archive_child_on_written(uv_write_t *write, int status)
{
    struct archive_child *child = write->data;

    (void)status;
    handle_close(&child->in, archive_child_on_closed);
}

static void init_handles(struct archive_child *child, uv_loop_t *loop)
{
    uv_pipe_init(loop, &child->in, 0);
    uv_pipe_init(loop, &child->out, 0);
    uv_pipe_init(loop, &child->err, 0);
    uv_timer_init(loop, &child->timer);
    child->in.data = child;
    child->out.data = child;
    child->err.data = child;
    child->timer.data = child;
    child->write.data = child;
    child->open = 4;
}

void archive_engine_init(struct archive_engine *engine, struct spawner *spawner, const struct collector_config *config)
{
    *engine = (struct archive_engine){.spawner = spawner,
                                      .url = config->history_url,
                                      .token_file = config->history_token_file,
                                      .ca_file = config->history_ca_file};
    bridge_path_find(engine->bridge);
}

static int spawn(struct archive_child *child, const struct archive_engine *engine)
{
    char *arguments[] = {(char *)engine->bridge,
                         "history",
                         "--url",
                         (char *)engine->url,
                         "--token-file",
                         (char *)engine->token_file,
                         "--ca-file",
                         (char *)engine->ca_file,
                         NULL};
    char *variables[] = {NULL};
    int ends[SPAWN_FILES] = {-1, -1, -1};

    int rc = spawn_pipe_open(&child->in, true, &ends[STDIN_FILENO]);
    if (rc == 0)
        rc = spawn_pipe_open(&child->out, false, &ends[STDOUT_FILENO]);
    if (rc == 0)
        rc = spawn_pipe_open(&child->err, false, &ends[STDERR_FILENO]);
    if (rc == 0)
        return spawner_run(engine->spawner, &child->program, arguments, variables, ends, archive_child_on_end, child);
    spawn_pipe_close(ends);
    return rc;
}

static void talk(struct archive_child *child, const struct archive_query *query)
{
    uv_buf_t line = uv_buf_init(child->line, (unsigned)archive_line_put(query, child->line));

    child->outputs = 2;
    uv_read_start((uv_stream_t *)&child->out, archive_child_on_alloc, archive_child_on_read);
    uv_read_start((uv_stream_t *)&child->err, archive_child_on_alloc, archive_child_on_read);
    uv_timer_start(&child->timer, archive_child_on_timer, ARCHIVE_CHILD_MS_MAX, 0);
    if (uv_write(&child->write, (uv_stream_t *)&child->in, &line, 1, archive_child_on_written) < 0)
        handle_close(&child->in, archive_child_on_closed);
}

void archive_child_start(struct archive_child *child, uv_loop_t *loop, const struct archive_engine *engine,
                         const struct archive_query *query, archive_child_cb *cb, void *arg)
{
    *child = (struct archive_child){.cb = cb, .arg = arg, .text = malloc(LEN_MAX)};
    init_handles(child, loop);
    int rc = child->text != NULL ? spawn(child, engine) : -ENOMEM;
    if (rc == 0) {
        talk(child, query);
        return;
    }
    fail(child, rc, strerror(-rc));
    close_all(child);
}
