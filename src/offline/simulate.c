#include "offline/simulate.h"

#include "offline/fleet.h"

#include <math.h>

static unsigned within(const struct sim_setup *world, unsigned nodes)
{
    if (nodes < world->nodes_min)
        return world->nodes_min;
    return nodes > world->nodes_max ? world->nodes_max : nodes;
}

static unsigned begin(const struct sim_setup *world, struct sim_policy *player)
{
    if (player->begin)
        return within(world, player->begin(player->state, world));
    return score_nodes(world->demand[0], SCORE_TARGET, world->nodes_min, world->nodes_max);
}

struct score simulate_run(const struct sim_setup *world, double optimum, struct sim_policy *player,
                          simulate_cb *on_step, void *arg)
{
    struct score score = {.optimum = optimum};
    struct fleet fleet;

    fleet_init(&fleet, begin(world, player), world->delay);
    for (size_t k = 0; k < world->steps; k++) {
        fleet_begin_step(&fleet);
        double demand = world->demand[k];
        double utilisation = fmin(1.0, demand / fleet.ready);
        struct sim_view view = {.step = k,
                                .ready = fleet.ready,
                                .pending = fleet.pending,
                                .joined = fleet.joined,
                                .left = fleet.left,
                                .utilisation = utilisation,
                                .demand = utilisation * fleet.ready,
                                .nodes_min = world->nodes_min,
                                .nodes_max = world->nodes_max};
        struct sim_move move = player->step(player->state, &view);
        unsigned desired = within(world, move.desired);
        if (on_step)
            on_step(&(struct simulate_step){.step = k,
                                            .demand = demand,
                                            .utilisation = utilisation,
                                            .ready = fleet.ready,
                                            .pending = fleet.pending,
                                            .desired = desired,
                                            .move = move},
                    arg);
        bool acted = fleet_scale(&fleet, desired);
        score_step(&score, demand, view.ready, view.pending, acted);
    }
    return score;
}
