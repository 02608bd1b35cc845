#include "collector/archive/archive_reader.h"

#include "common/log.h"

#include <stdlib.h>
#include <utlist.h>

#define FAILURE_LOG_MS 600000U
#define SLOW_MS        2000U  /* a failure that takes longer holds up the queries behind it: */
#define REST_MS        60000U /* the engine is not asked for that time */

struct archive_request {
    struct archive_reader *reader;
    struct archive_query query;
    archive_reader_cb *cb;
    void *arg;
    uv_work_t work;
    struct archive_child child;
    bool has_child;    /* it runs, */
    uint64_t begun_ms; /* from then on */
    atomic_bool cancelled;
    int rc;
    struct archive_answer answer;
    struct archive_request *prev;
    struct archive_request *next;
};

static void run_next(struct archive_reader *reader);

static void archive_reader_on_work(uv_work_t *work)
{
    struct archive_request *request = work->data;

    request->rc = archive_scan(&request->query, request->reader->disk, &request->cancelled, &request->answer);
}

static void finish(struct archive_request *request)
{
    struct archive_reader *reader = request->reader;

    reader->running = NULL;
    if (!atomic_load(&request->cancelled))
        request->cb(request->rc, &request->answer, request->arg);
    else if (request->rc == 0)
        free(request->answer.text);
    free(request);
    run_next(reader);
}

static void archive_reader_on_done(uv_work_t *work, int status)
{
    (void)status; /* libuv is never asked to cancel it */
    finish(work->data);
}

static void read_files(struct archive_request *request)
{
    uv_queue_work(request->reader->loop, &request->work, archive_reader_on_work, archive_reader_on_done);
}

static void log_failure(struct archive_reader *reader, const char *why)
{
    unsigned suppressed = 0;

    if (log_limit_pass(&reader->failures, uv_now(reader->loop), &suppressed))
        log_warning("history-url: headroom-bridge history: %s; the page's history comes from the files", why);
}

static void note_failure(const struct archive_request *request)
{
    struct archive_reader *reader = request->reader;
    uint64_t now_ms = uv_now(reader->loop);

    log_failure(reader, request->child.why);
    if (now_ms - request->begun_ms >= SLOW_MS)
        reader->rests_until_ms = now_ms + REST_MS;
}

static void archive_reader_on_engine(int rc, const struct archive_answer *answer, void *arg)
{
    struct archive_request *request = arg;
    bool is_cancelled = atomic_load(&request->cancelled);

    request->has_child = false;
    request->rc = rc;
    request->answer = *answer;
    if (rc < 0 && !is_cancelled) {
        note_failure(request);
        read_files(request);
    } else {
        finish(request);
    }
}

/* Engines have no sentences: decisions are in the files. */
static bool asks_engine(const struct archive_request *request)
{
    const struct archive_reader *reader = request->reader;

    return reader->engine != NULL && reader->engine->url[0] != '\0' && request->query.kind != ARCHIVE_DECISIONS &&
           uv_now(reader->loop) >= reader->rests_until_ms;
}

static void run_next(struct archive_reader *reader)
{
    struct archive_request *request = reader->waiting;

    if (request == NULL || reader->running != NULL)
        return;
    DL_DELETE(reader->waiting, request);
    reader->waiting_count--;
    reader->running = request;
    request->has_child = asks_engine(request);
    request->begun_ms = uv_now(reader->loop);
    if (request->has_child)
        archive_child_start(&request->child, reader->loop, reader->engine, &request->query, archive_reader_on_engine,
                            request);
    else
        read_files(request);
}

void archive_reader_start(struct archive_reader *reader, uv_loop_t *loop, const struct disk *disk,
                          const struct archive_engine *engine)
{
    *reader = (struct archive_reader){
        .loop = loop, .disk = disk, .engine = engine, .failures = {.interval_ms = FAILURE_LOG_MS, .burst = 1}};
}

void archive_reader_close(struct archive_reader *reader)
{
    if (reader->running != NULL && reader->running->has_child)
        archive_child_close(&reader->running->child);
}

struct archive_request *archive_reader_ask(struct archive_reader *reader, const struct archive_query *query,
                                           archive_reader_cb *cb, void *arg)
{
    struct archive_request *request = NULL;

    if (reader->waiting_count < ARCHIVE_WAITING_MAX)
        request = calloc(1, sizeof *request);
    if (request == NULL)
        return NULL;
    request->reader = reader;
    request->query = *query;
    request->cb = cb;
    request->arg = arg;
    request->work.data = request;
    DL_APPEND(reader->waiting, request);
    reader->waiting_count++;
    run_next(reader);
    return request;
}

void archive_reader_cancel(struct archive_reader *reader, struct archive_request *request)
{
    if (request == reader->running) {
        atomic_store(&request->cancelled, true);
        if (request->has_child)
            archive_child_kill(&request->child);
        return;
    }
    DL_DELETE(reader->waiting, request);
    reader->waiting_count--;
    free(request);
}
