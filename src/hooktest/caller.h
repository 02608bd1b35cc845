/* Calls a hook as the collector does, one call after the other.
 *
 * Happy path: caller_call() runs the loop until the run has ended, and looks then for what the contract or good manners
 * forbid to any run: that it reached its time limit, wrote more than the collector logs, or left processes running.
 * Failures: those of hook_run.h. After SIGINT or SIGTERM, caller_is_interrupted() says so; the run under way goes on.
 */
#ifndef HOOKTEST_CALLER_H
#define HOOKTEST_CALLER_H

#include "collector/autoscale/hook_run.h"
#include "collector/spawn/spawner.h"
#include "common/signals.h"
#include "hooktest/call_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define CALLER_BUFFER  16384U
#define CALLER_WHY_MAX 128U

/* What some run did, the first of its kind. */
struct caller_fault {
    bool is_found;
    char why[CALLER_WHY_MAX];
    char call[CALL_TEXT_MAX];
};

struct caller {
    const char *program;
    uint64_t timeout_ms;
    uv_loop_t loop;
    uv_timer_t timer;
    struct signals signals;
    struct spawn_process *process;
    struct spawner spawner;
    struct hook_run run;
    hook_run_answer_cb *answer; /* of the call under way */
    void *answer_arg;
    bool has_ended;
    bool is_interrupted;
    int leftovers_error; /* of leftovers_start() */
    struct caller_fault overtime;
    struct caller_fault chatter;
    struct caller_fault leftover;
    char buffer[CALLER_BUFFER];
};

/* program and process belong to the caller. 0 or a negative errno. */
int caller_start(struct caller *caller, struct spawn_process *process, const char *program, uint64_t timeout_ms);

/* record: standard input, of record_len bytes; NULL: it is empty. answer: gets standard output, with arg; NULL: it goes
 * to the log. The result is valid until the next call. */
const struct hook_result *caller_call(struct caller *caller, const struct hook_call *call, char *record,
                                      size_t record_len, hook_run_answer_cb *answer, void *arg);

/* The same, but the run is killed after that time, as by the end of the collector's unit, unless it has ended. */
void caller_call_and_kill(struct caller *caller, const struct hook_call *call, char *record, size_t record_len,
                          uint64_t after_ms);

void caller_wait(struct caller *caller, uint64_t wait_ms);

bool caller_is_interrupted(const struct caller *caller);

/* Monotonic. */
uint64_t caller_now_ms(struct caller *caller);

void caller_close(struct caller *caller);

#endif
