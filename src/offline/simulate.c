#include "offline/simulate.h"

#include "offline/fleet.h"

#include <math.h>

static unsigned within(const struct sim_setup *setup, unsigned nodes)
{
    if (nodes < setup->nodes_min)
        return setup->nodes_min;
    return nodes > setup->nodes_max ? setup->nodes_max : nodes;
}

static unsigned begin(const struct sim_setup *setup, struct sim_policy *policy)
{
    if (policy->begin != NULL)
        return within(setup, policy->begin(policy->state, setup));
    return score_nodes(setup->demand[0], SCORE_TARGET, setup->nodes_min, setup->nodes_max);
}

struct score simulate_run(const struct sim_setup *setup, double optimum, struct sim_policy *policy,
                          simulate_cb *on_step, void *arg)
{
    struct score score = {.optimum = optimum};
    struct fleet fleet;

    fleet_init(&fleet, begin(setup, policy), setup->delay);
    for (size_t k = 0; k < setup->steps; k++) {
        fleet_begin_step(&fleet);
        double demand = setup->demand[k];
        double utilisation = fmin(1.0, demand / fleet.nodes.ready);
        struct sim_view view = {.step = k,
                                .ready = fleet.nodes.ready,
                                .pending = fleet.nodes.pending,
                                .joined = fleet.joined,
                                .left = fleet.left,
                                .utilisation = utilisation,
                                .demand = utilisation * fleet.nodes.ready,
                                .app_load = demand,
                                .nodes_min = setup->nodes_min,
                                .nodes_max = setup->nodes_max};
        struct sim_move move = policy->step(policy->state, &view);
        unsigned desired = within(setup, move.desired);
        if (on_step != NULL)
            on_step(&(struct simulate_step){.step = k,
                                            .demand = demand,
                                            .utilisation = utilisation,
                                            .ready = fleet.nodes.ready,
                                            .pending = fleet.nodes.pending,
                                            .desired = desired,
                                            .move = move},
                    arg);
        fleet_scale(&fleet, desired);
        score_step(&score, demand, view.ready, view.pending, (int)desired - (int)(view.ready + view.pending));
    }
    return score;
}
