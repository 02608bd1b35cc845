/* Connects the search for problems with what the collector knows, and with those who learn of them. */
#ifndef COLLECTOR_PROBLEM_ALERTS_H
#define COLLECTOR_PROBLEM_ALERTS_H

#include "collector/http/answer.h"
#include "collector/problems/problem_watch.h"

#include <uv.h>

struct problem_alerts {
    struct problem_watch watch;
};

/* The world is the caller's, and complete but for its problems, which are set here. Cannot fail. */
void problem_alerts_start(struct problem_alerts *alerts, uv_loop_t *loop, struct answer_world *world);

/* Idempotent; also for zeros. */
void problem_alerts_close(struct problem_alerts *alerts);

/* After the loop has run empty; also for zeros. */
void problem_alerts_deinit(struct problem_alerts *alerts);

#endif
