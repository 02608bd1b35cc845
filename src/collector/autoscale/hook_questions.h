/* Asks hooks what they answer on standard output: the program of --on-scale its contract, and each group's counting
 * program how many nodes exist. actuation decides what is asked when, and what follows from the answers. */
#ifndef COLLECTOR_AUTOSCALE_HOOK_QUESTIONS_H
#define COLLECTOR_AUTOSCALE_HOOK_QUESTIONS_H

#include "collector/autoscale/actuation.h"
#include "collector/autoscale/hook.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* After an answer: the rows and orders of the actuation may have changed. */
typedef void hook_questions_answered_cb(void *arg);

struct hook_question;

struct hook_questions {
    uv_loop_t *loop;
    struct hook *hook; /* the spawner and the time limits are those of its runs */
    struct actuation *actuation;
    hook_questions_answered_cb *cb;
    void *arg;
    struct hook_question *open; /* one for each run, linked */
    uv_timer_t timer;
    bool closed;
};

/* All belongs to the caller. */
void hook_questions_start(struct hook_questions *questions, struct hook *hook, struct actuation *actuation,
                          hook_questions_answered_cb *cb, void *arg);

/* Asks what is due now, and again when something will be. */
void hook_questions_poke(struct hook_questions *questions);

/* Kills all runs at once. No callback is called after this. The loop has to run empty. Idempotent. */
void hook_questions_close(struct hook_questions *questions);

#endif
