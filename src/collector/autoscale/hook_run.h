/* Runs a hook once, with the arguments of hook_call and, for an order, the object of record_json on standard input. The
 * spawner starts the program, see spawn_process.h.
 *
 * The output goes to the log line by line; the standard output of a question goes to the caller instead. The program is
 * the leader of a process group and session of its own, which get the signals at its time limit; hook_life says when.
 * Processes that it leaves in the background are not touched unless its time was up. */
#ifndef COLLECTOR_AUTOSCALE_HOOK_RUN_H
#define COLLECTOR_AUTOSCALE_HOOK_RUN_H

#include "collector/autoscale/hook_call.h"
#include "collector/autoscale/hook_life.h"
#include "collector/autoscale/hook_output.h"
#include "collector/spawn/spawner.h"
#include "common/log.h"
#include "common/log_limit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* A part of the program's standard output. */
typedef void hook_run_answer_cb(const char *data, size_t len, void *arg);

/* Everything but the program's path and the call's nodes must stay as it is until the run has ended. */
struct hook_command {
    const char *program;
    struct hook_call call;
    char *record; /* NULL: standard input is empty */
    size_t record_len;
    hook_run_answer_cb *answer; /* with the arg of hook_run_start(); NULL: standard output goes to the log */
    struct spawner *spawner;
    uint64_t timeout_ms;
    uint64_t term_ms;
    char *buffer; /* for reading, which all runs may share */
    size_t buffer_size;
};

struct hook_run;

typedef void hook_run_ended_cb(struct hook_run *run, void *arg);

struct hook_run {
    struct hook_life life;
    struct hook_command command;
    hook_run_ended_cb *cb;
    void *arg;
    struct spawner_child child;
    uv_pipe_t in;     /* our end of its standard input */
    uv_pipe_t out;    /* of what goes to the log */
    uv_pipe_t answer; /* of what goes to the caller; only if command.answer is set */
    uv_timer_t timer;
    uv_timer_t pause; /* of reading */
    uv_write_t write;
    unsigned open;    /* handles that are not closed yet */
    unsigned outputs; /* pipes of these that are not read to their end yet */
    uint64_t started_ms;
    struct hook_output output;
    struct log_limit limit;
    unsigned unlogged; /* lines that the limit suppressed */
};

/* Begins a run; it must be free. Calls cb later, once, when all is over, the result is in run->life.result, but for
 * what the caller knows of the next try, and run is free again. Returns 0, or a negative errno when it is known at once
 * that the program can't be started, which cb gets as well. */
int hook_run_start(struct hook_run *run, uv_loop_t *loop, const struct hook_command *command, hook_run_ended_cb *cb,
                   void *arg);

/* Whether no run is under way in it. */
bool hook_run_is_free(const struct hook_run *run);

/* Ends it before its time: SIGTERM, and SIGKILL term_ms later. A run that has got SIGTERM already keeps its verdict. */
void hook_run_stop(struct hook_run *run, uint64_t term_ms);

/* Kills it at once. Does not wait long: cb may be called before the program has ended. */
void hook_run_kill(struct hook_run *run);

/* Logs a line about a group; NULL: about none. */
void hook_run_log(const char *group, enum log_level level, const char *text);

#endif
