#include "offline/fleet.h"

#include <assert.h>
#include <string.h>

void fleet_init(struct fleet *fleet, unsigned ready, unsigned delay)
{
    assert(delay >= 1 && delay <= FLEET_DELAY_MAX);
    memset(fleet, 0, sizeof *fleet);
    fleet->nodes.ready = ready;
    fleet->delay = delay;
}

void fleet_begin_step(struct fleet *fleet)
{
    fleet->joined = model_fleet_begin_step(&fleet->nodes, fleet->arriving, fleet->delay + 1);
}

void fleet_scale(struct fleet *fleet, unsigned desired)
{
    fleet->left = model_fleet_scale(&fleet->nodes, fleet->arriving, fleet->delay + 1, fleet->delay, desired);
}
