/* Runs a hook once: `PROGRAM scale GROUP CURRENT DESIRED`, with the object of record_json on standard input and the
 * list of hook_environment as its environment.
 *
 * The program gets its record on standard input, and its output goes to the log line by line. It is the leader of a
 * process group and session of its own, which get the signals at its time limit; hook_life says when. Processes that it
 * leaves in the background are not touched unless its time was up. */
#ifndef COLLECTOR_AUTOSCALE_HOOK_RUN_H
#define COLLECTOR_AUTOSCALE_HOOK_RUN_H

#include "collector/autoscale/hook_life.h"
#include "collector/autoscale/hook_output.h"
#include "common/log.h"
#include "common/log_limit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* Everything must stay as it is until the run has ended. */
struct hook_command {
    const char *program; /* NULL: there is none, and the run fails */
    const char *group;   /* of the order and of the result */
    unsigned current;
    unsigned desired;
    char *record;
    size_t record_len;
    char **environment;
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
    uv_process_t process;
    uv_pipe_t in;  /* our end of its standard input */
    uv_pipe_t out; /* our end of its standard output and error */
    uv_timer_t timer;
    uv_timer_t pause; /* of reading */
    uv_write_t write;
    unsigned open; /* handles that are not closed yet */
    uint64_t started_ms;
    struct hook_output output;
    struct log_limit limit;
};

/* Begins a run; it must be free. Calls cb later, once, when all is over, the result is logged and in
 * run->life.result, but for what the caller knows of a retry, and run is free again. Returns 0, or a negative errno
 * when the program could not be started, which cb gets as well. */
int hook_run_start(struct hook_run *run, uv_loop_t *loop, const struct hook_command *command, hook_run_ended_cb *cb,
                   void *arg);

/* Whether no run is under way in it. */
bool hook_run_is_free(const struct hook_run *run);

/* Ends it before its time: SIGTERM, and SIGKILL term_ms later. A run that has got SIGTERM already keeps its verdict. */
void hook_run_stop(struct hook_run *run, uint64_t term_ms);

/* Kills it at once. Does not wait long: cb may be called before the program has ended. */
void hook_run_kill(struct hook_run *run);

/* Logs a line about a group. */
void hook_run_log(const char *group, enum log_level level, const char *text);

#endif
