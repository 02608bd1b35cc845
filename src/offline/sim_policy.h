/* Pure. The interface of a scaling policy in a simulation: at each step it gets a view of the fleet and returns the
 * desired number of nodes. */
#ifndef OFFLINE_SIM_POLICY_H
#define OFFLINE_SIM_POLICY_H

#include <stddef.h>

/* The simulated setup, the same for all policies. */
struct sim_setup {
    const double *demand; /* in nodes, at each step */
    size_t steps;
    unsigned delay; /* steps from the order of a node until it is ready, 1 .. FLEET_DELAY_MAX */
    unsigned nodes_min;
    unsigned nodes_max;
};

/* One step as a monitor sees it: demand that the nodes can't serve is visible to the application only. */
struct sim_view {
    size_t step;
    unsigned ready;
    unsigned pending;
    unsigned joined;    /* nodes that have become ready since the step before */
    unsigned left;      /* ready nodes that were removed since then */
    double utilisation; /* of the ready nodes, at most 1 */
    double demand;      /* utilisation x ready */
    double app_load;    /* what an application that counts its waiting work reports: the whole demand */
    unsigned nodes_min;
    unsigned nodes_max;
};

struct sim_move {
    unsigned desired;      /* nodes, pending ones included; the bounds are applied later */
    double recommendation; /* before stabilization and guards */
    const char *reason;    /* one or two words, or NULL */
};

struct sim_policy {
    const char *name;
    void *state;
    /* Returns the initial number of nodes. NULL: as many as the first step needs at 70 %. */
    unsigned (*begin)(void *state, const struct sim_setup *setup);
    struct sim_move (*step)(void *state, const struct sim_view *view);
};

#endif
