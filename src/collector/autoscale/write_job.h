/* Runs a write function on a worker, retries it after a failure, and logs each failure and recovery once.
 *
 *     IDLE -> begin() -> RUNNING -> written -> IDLE
 *                                -> failed  -> FAILED -> begin(), or after retry_ms -> RETRYING -> ... */
#ifndef COLLECTOR_AUTOSCALE_WRITE_JOB_H
#define COLLECTOR_AUTOSCALE_WRITE_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum write_job_state {
    WRITE_JOB_IDLE,
    WRITE_JOB_RUNNING,
    WRITE_JOB_FAILED,  /* the last write failed */
    WRITE_JOB_RETRYING /* the one before failed, and one is under way */
};

struct write_job_options {
    const char *file;                /* as the log names it */
    const char *consequence;         /* ends the log line of a failure */
    uint64_t retry_ms;               /* from a failure to the next write; 0: write_job_begin() is the only retry */
    int (*write)(void *arg);         /* on a worker: 0 or a negative errno */
    void (*before_write)(void *arg); /* on the loop, before each write; may be NULL */
    void (*on_written)(int rc, void *arg); /* on the loop, at the end of each write; it may begin the next one */
    void *arg;
};

struct write_job {
    uv_loop_t *loop;
    struct write_job_options options;
    enum write_job_state state;
    uv_work_t work;
    uv_timer_t retry;
    int rc;
};

void write_job_start(struct write_job *job, uv_loop_t *loop, const struct write_job_options *options);

/* Begins a write. Not while one is under way. Also after write_job_close(). */
void write_job_begin(struct write_job *job);

/* A write is under way. */
bool write_job_running(const struct write_job *job);

/* The last write failed, and no write since has ended well. */
bool write_job_failing(const struct write_job *job);

/* No more retries. A write that is under way ends, and on_written is called. Idempotent. */
void write_job_close(struct write_job *job);

#endif
