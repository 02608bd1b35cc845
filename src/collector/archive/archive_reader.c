#include "collector/archive/archive_reader.h"

#include <stdlib.h>
#include <utlist.h>

struct archive_request {
    struct archive_reader *reader;
    struct archive_query query;
    archive_reader_cb *cb;
    void *arg;
    uv_work_t work;
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

static void archive_reader_on_done(uv_work_t *work, int status)
{
    struct archive_request *request = work->data;
    struct archive_reader *reader = request->reader;

    (void)status; /* libuv is never asked to cancel it */
    reader->running = NULL;
    if (!atomic_load(&request->cancelled))
        request->cb(request->rc, &request->answer, request->arg);
    else if (request->rc == 0)
        free(request->answer.text);
    free(request);
    run_next(reader);
}

static void run_next(struct archive_reader *reader)
{
    struct archive_request *request = reader->waiting;

    if (request == NULL || reader->running != NULL)
        return;
    DL_DELETE(reader->waiting, request);
    reader->waiting_count--;
    reader->running = request;
    uv_queue_work(reader->loop, &request->work, archive_reader_on_work, archive_reader_on_done);
}

void archive_reader_start(struct archive_reader *reader, uv_loop_t *loop, const struct disk *disk)
{
    *reader = (struct archive_reader){.loop = loop, .disk = disk};
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
        return;
    }
    DL_DELETE(reader->waiting, request);
    reader->waiting_count--;
    free(request);
}
