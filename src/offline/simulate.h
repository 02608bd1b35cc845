/* Pure. Runs the closed loop of a simulated fleet and a policy. The same arguments give the same score. */
#ifndef OFFLINE_SIMULATE_H
#define OFFLINE_SIMULATE_H

#include "offline/score.h"
#include "offline/sim_policy.h"

struct simulate_step {
    size_t step;
    double demand;      /* the true one */
    double utilisation; /* as the policy sees it */
    unsigned ready;
    unsigned pending;
    unsigned desired; /* within the bounds */
    struct sim_move move;
};

/* After each step, before its move takes effect. */
typedef void simulate_cb(const struct simulate_step *step, void *arg);

/* Runs all steps; setup has at least one. At each step, in this order: the nodes whose delay has passed become ready,
 * the policy is called, the step is scored, and the move takes effect, visible from the next step on. optimum:
 * score_optimum() of this setup. on_step may be NULL. */
struct score simulate_run(const struct sim_setup *setup, double optimum, struct sim_policy *policy,
                          simulate_cb *on_step, void *arg);

#endif
