/* Pure. The closed loop of a simulated fleet and a policy. Pure: the same arguments give the same score. */
#ifndef OFFLINE_SIMULATE_H
#define OFFLINE_SIMULATE_H

#include "offline/score.h"
#include "offline/sim_policy.h"

struct simulate_step {
    size_t step;
    double demand;      /* the true one */
    double utilisation; /* as seen */
    unsigned ready;
    unsigned pending;
    unsigned desired; /* within the bounds */
    struct sim_move move;
};

/* After each step, before its move takes effect. */
typedef void simulate_cb(const struct simulate_step *step, void *arg);

/* At each step, in this order: the nodes whose time has come are ready; the step is scored; the policy is asked; its
 * move takes effect, seen from the next step on. optimum is that of score_optimum() in this setup; on_step may be NULL.
 * The setup has at least one step. */
struct score simulate_run(const struct sim_setup *setup, double optimum, struct sim_policy *policy,
                          simulate_cb *on_step, void *arg);

#endif
