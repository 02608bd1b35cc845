/* Connects the search for problems with what the collector knows, and with those who learn of them. */
#ifndef COLLECTOR_PROBLEM_ALERTS_H
#define COLLECTOR_PROBLEM_ALERTS_H

#include "collector/http/answer.h"
#include "collector/problems/alert_program.h"
#include "collector/problems/problem_watch.h"

#include <uv.h>

struct problem_alerts {
    struct problem_watch watch;
    struct alert_program program;
};

/* The world is complete but for its problems and alerts, which are set here. All belongs to the caller. Cannot fail. */
void problem_alerts_start(struct problem_alerts *alerts, uv_loop_t *loop, struct answer_world *world,
                          struct spawner *spawner, const struct disk *disk);

/* Tells the program of on-alert nothing more, and calls drained_cb when it does not run, possibly before this returns.
 */
void problem_alerts_drain(struct problem_alerts *alerts, alert_program_drained_cb *drained_cb, void *arg);

/* Idempotent; also for zeros. */
void problem_alerts_close(struct problem_alerts *alerts);

/* After the loop has run empty; also for zeros. */
void problem_alerts_deinit(struct problem_alerts *alerts);

#endif
