/* Answers queries about the past, one at a time; a few others wait.
 *
 *     ask -> waiting -> running: engine (archive_child.h) -> answered: cb on the loop
 *                                  | there is none, or it has failed
 *                                files (archive_scan.h)  -> answered
 *
 * Happy path: archive_scan() runs on libuv's pool and its answer comes back to the loop. It uses one of the pool's
 * threads, so the store keeps the others. Failures: with too many that wait, a new query is refused. A query whose
 * client has gone is cancelled: its scan or program ends, and its callback never runs. After an engine that has failed
 * slowly, the files answer for a minute. A disk that hangs holds up the queries behind it, and the stop of the
 * collector as any work on that disk does. */
#ifndef COLLECTOR_ARCHIVE_ARCHIVE_READER_H
#define COLLECTOR_ARCHIVE_ARCHIVE_READER_H

#include "collector/archive/archive_child.h"
#include "collector/archive/archive_scan.h"
#include "common/log_limit.h"

#include <stdbool.h>
#include <uv.h>

/* rc: 0, and the text is the callee's; or a negative errno: there is none. */
typedef void archive_reader_cb(int rc, const struct archive_answer *answer, void *arg);

struct archive_request;

struct archive_reader {
    uv_loop_t *loop;
    const struct disk *disk;
    const struct archive_engine *engine; /* NULL: there is none */
    struct log_limit failures;
    uint64_t rests_until_ms; /* the engine, which was slow and then failed */
    struct archive_request *running;
    struct archive_request *waiting; /* a list, the oldest first */
    unsigned waiting_count;
};

/* The disk and the engine outlive the loop. */
void archive_reader_start(struct archive_reader *reader, uv_loop_t *loop, const struct disk *disk,
                          const struct archive_engine *engine);

/* The owner has cancelled what it has asked. The loop ends after a scan that still runs. Also if all zeros. */
void archive_reader_close(struct archive_reader *reader);

/* Copies the query, and calls cb once the answer is there, unless it is cancelled before. NULL: too many are waiting,
 * or memory is out. */
struct archive_request *archive_reader_ask(struct archive_reader *reader, const struct archive_query *query,
                                           archive_reader_cb *cb, void *arg);

/* The callback has not run, and never does. */
void archive_reader_cancel(struct archive_reader *reader, struct archive_request *request);

#endif
