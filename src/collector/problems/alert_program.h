/* Runs the program of on-alert: tells it which problems begin, still last and have ended.
 *
 * Happy path: when alerts are due, the program gets all of them in one run, as a JSON object on its standard input.
 * Exit status 0 accepts them; they are then saved, so that a restart of the collector does not report them again.
 * Failures: a program that fails, or does not end within hook-timeout, gets what is still due after a wait, which
 * doubles from 10 s to 10 min. Only one run is under way at a time. At the end of the collector, a run has
 * ALERT_GRACE_MS to end; what it was told is due again after the next start. If the file can't be written, a restart
 * reports open problems once more. */
#ifndef COLLECTOR_PROBLEMS_ALERT_PROGRAM_H
#define COLLECTOR_PROBLEMS_ALERT_PROGRAM_H

#include "collector/autoscale/hook_run.h"
#include "collector/autoscale/write_job.h"
#include "collector/config/config.h"
#include "collector/problems/alert_health.h"
#include "collector/problems/alerts.h"
#include "common/backoff.h"
#include "common/disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define ALERT_BUFFER       4096U
#define ALERT_HOST_MAX     256U
#define ALERT_TERM_MS      5000U /* from SIGTERM, at the time limit, to SIGKILL */
#define ALERT_GRACE_MS     5000U /* at the end, until SIGTERM */
#define ALERT_LAST_TERM_MS 2000U /* and from there to SIGKILL */
#define ALERT_WAIT_MIN     10000U
#define ALERT_WAIT_MAX     600000U

typedef void alert_program_drained_cb(void *arg);

/* All belongs to the caller. */
struct alert_program_options {
    const struct collector_config *config; /* which may change */
    struct spawner *spawner;
    const struct disk *disk; /* where the file is */
};

struct alert_program {
    struct alert_program_options options;
    uv_loop_t *loop;
    struct alerts alerts;
    struct alert_health health;
    struct hook_run run;
    setting_path program; /* of the run, or of the last one */
    char *message;        /* of the run under way; owned */
    size_t message_len;
    unsigned telling; /* alerts of the run under way */
    struct backoff backoff;
    int64_t retry_ms; /* after a failure: not before this time, monotonic */
    uint64_t term_ms; /* ALERT_TERM_MS and so on, but in tests */
    uint64_t grace_ms;
    uint64_t last_term_ms;
    uv_timer_t grace;
    struct write_job job;
    char *text; /* of the file, while it is written; owned */
    size_t len;
    bool is_changed; /* the file is not what it should be */
    bool draining;
    bool closed;
    alert_program_drained_cb *drained_cb;
    void *drained_arg;
    char host[ALERT_HOST_MAX];
    char buffer[ALERT_BUFFER];
};

/* Reads the file. seed: for jitter. Cannot fail: a damaged file is logged, and then what lasts is reported again. */
void alert_program_start(struct alert_program *program, uv_loop_t *loop, const struct alert_program_options *options,
                         uint64_t seed);

/* After each look for problems. */
void alert_program_look(struct alert_program *program, const struct problems *problems, const struct moment *now);

/* Begins no more runs, and calls drained_cb when none is under way, possibly before this returns. */
void alert_program_drain(struct alert_program *program, alert_program_drained_cb *drained_cb, void *arg);

/* Kills a run at once. Idempotent; also for zeros. */
void alert_program_close(struct alert_program *program);

/* After the loop has run empty; also for zeros. */
void alert_program_deinit(struct alert_program *program);

#endif
