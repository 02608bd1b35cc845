/* Runs headroom-bridge history for one query: it asks the engine, so that the collector needs neither an HTTP client
 * nor TLS, and an engine that hangs costs a process.
 *
 * Happy path: the program gets the query as a line on its standard input, prints the answer to its standard output, and
 * ends with status 0. Failures: it can't be started, ends otherwise, prints too much, or takes longer than
 * ARCHIVE_CHILD_MS_MAX and is killed; the last line of its standard error is the reason. */
#ifndef COLLECTOR_ARCHIVE_ARCHIVE_CHILD_H
#define COLLECTOR_ARCHIVE_ARCHIVE_CHILD_H

#include "collector/archive/archive_line.h"
#include "collector/archive/archive_scan.h"
#include "collector/config/config.h"
#include "collector/spawn/spawner.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#define ARCHIVE_CHILD_MS_MAX  20000U
#define ARCHIVE_CHILD_WHY_MAX 256U

/* The engine, as it is configured. Empty url: there is none. */
struct archive_engine {
    struct spawner *spawner;
    const char *url;
    const char *token_file; /* empty: none; also ca_file */
    const char *ca_file;
    char bridge[PATH_MAX]; /* path of headroom-bridge */
};

/* As the configuration has it, which outlives it. */
void archive_engine_init(struct archive_engine *engine, struct spawner *spawner, const struct collector_config *config);

struct archive_child;

/* rc: 0, and the answer's text is the callee's; or a negative errno, and `why` of the child is a sentence. */
typedef void archive_child_cb(int rc, const struct archive_answer *answer, void *arg);

struct archive_child {
    struct spawner_child program;
    uv_pipe_t in;
    uv_pipe_t out;
    uv_pipe_t err;
    uv_timer_t timer;
    uv_write_t write;
    unsigned open;    /* handles */
    unsigned outputs; /* pipes that have not ended */
    bool has_ended;   /* the program */
    bool is_closing;
    int rc;
    size_t len; /* of text */
    char *text; /* of the answer */
    size_t why_len;
    char why[ARCHIVE_CHILD_WHY_MAX];
    char line[ARCHIVE_LINE_MAX];
    char block[4096];
    archive_child_cb *cb;
    void *arg;
};

/* Calls cb once, when nothing of the child is left, also after an error of the start and after archive_child_close().
 * The child's memory stays until then. */
void archive_child_start(struct archive_child *child, uv_loop_t *loop, const struct archive_engine *engine,
                         const struct archive_query *query, archive_child_cb *cb, void *arg);

/* Kills the program; cb follows when it has ended. */
void archive_child_kill(struct archive_child *child);

/* Kills the program and does not wait for its end. */
void archive_child_close(struct archive_child *child);

#endif
