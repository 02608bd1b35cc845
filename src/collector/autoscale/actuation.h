/* From a decision to an order that is carried out: the intent is written to decisions.csv and synced, then the hook
 * runs, then its result is written. An intent without a result, as a crash leaves it, counts as pending.
 *
 * While decisions.csv can't be written more nodes are still ordered, and fewer never are: the scaler does not decide
 * that (GUARD_UNRECORDED), and an intent that waits for the disk waits. An order that failed is taken back, so the next
 * tick decides anew; the hook's backoff says when that may run. */
#ifndef COLLECTOR_AUTOSCALE_ACTUATION_H
#define COLLECTOR_AUTOSCALE_ACTUATION_H

#include "collector/autoscale/decision_log.h"
#include "collector/autoscale/hook.h"
#include "collector/fleet/registry.h"
#include "scaler/decision.h"
#include "scaler/scaler.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* One group's orders. */
struct actuation_group {
    struct scaler *scaler;   /* the caller's */
    struct decision ordered; /* the newest order */
    struct decision handed;  /* the newest one that the hook has */
    struct decision run;     /* the one that runs, or ran last */
    int64_t waits_ms;        /* the first one that the hook has not got, as the newest is not durable yet; 0: none */
    uint64_t intent;         /* number of the row of the newest */
    char *record;            /* for the hook; owned while it waits */
    size_t record_len;
    bool running;
    int64_t unaccepted_ms; /* the first order that no run of the hook has accepted; 0: none */
    int64_t since_run_ms;  /* the first one since the present run began; 0: none */
};

struct actuation {
    const struct registry *registry;
    struct decision_log *decisions;
    const char *program; /* the caller's; empty: there is no hook */
    struct hook hook;
    struct actuation_group *groups; /* GROUPS_MAX, by group index */
};

/* 0 or -ENOMEM. What is given belongs to the caller; program may be changed in place. */
int actuation_start(struct actuation *actuation, uv_loop_t *loop, const struct registry *registry,
                    struct decision_log *decisions, const char *program, uint64_t timeout_ms);

bool actuation_possible(const struct actuation *actuation);

/* Orders what was decided, and tells the scaler so. why: its sentence. */
void actuation_order(struct actuation *actuation, const struct group *group, struct scaler *scaler,
                     const struct decision *decision, const char *why);

/* At each tick, before anything is ordered: what waits is taken back where the mode no longer allows it, and more nodes
 * wait no longer for a disk that fails. */
void actuation_tick(struct actuation *actuation, unsigned index, enum scale_mode mode);

/* Decisions have become durable. */
void actuation_synced(struct actuation *actuation);

/* What no hook has begun with is taken back, and the hook's runs come to their end; drained_cb may be called before
 * this returns. */
void actuation_drain(struct actuation *actuation, hook_drained_cb *drained_cb, void *arg);
void actuation_close(struct actuation *actuation);

/* After the loop has run empty; also of what was never started, if it is all zeros. */
void actuation_deinit(struct actuation *actuation);

#endif
