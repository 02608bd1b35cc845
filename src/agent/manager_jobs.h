/* Asks the service manager for its jobs: it runs systemctl list-jobs, and reads what that prints.
 *
 * Happy path: spawn, read until the end, report.
 * Failures: without systemctl, or if it does not end within MANAGER_JOBS_MS_MAX (then it is killed), what was read so
 * far is reported, which may be nothing. */
#ifndef AGENT_MANAGER_JOBS_H
#define AGENT_MANAGER_JOBS_H

#include <stdbool.h>
#include <uv.h>

#define MANAGER_JOBS_MS_MAX  1000U
#define MANAGER_JOBS_LEN_MAX 8192U /* of the text; a longer one is cut */

/* text: 0-terminated, until the callback returns. Called once. */
typedef void manager_jobs_cb(const char *text, void *arg);

struct manager_jobs {
    uv_process_t process;
    uv_pipe_t out;
    uv_timer_t timer;
    size_t len;
    manager_jobs_cb *cb; /* NULL: it was called */
    void *arg;
    char text[MANAGER_JOBS_LEN_MAX + 1];
};

/* Begins; the callback may come before this returns. */
void manager_jobs_ask(struct manager_jobs *jobs, uv_loop_t *loop, manager_jobs_cb *cb, void *arg);

/* Also for a zeroed one, and more than once. The callback does not come any more. */
void manager_jobs_close(struct manager_jobs *jobs);

#endif
