#include "offline/fleet.h"

#include <assert.h>
#include <string.h>

void fleet_init(struct fleet *fleet, unsigned ready, unsigned delay)
{
    assert(delay >= 1 && delay <= FLEET_DELAY_MAX);
    memset(fleet, 0, sizeof *fleet);
    fleet->ready = ready;
    fleet->delay = delay;
}

/* The place of those that are ready so many steps from now, at most `delay`. */
static unsigned *arriving(struct fleet *fleet, unsigned ahead)
{
    return &fleet->arriving[(fleet->step + ahead) % (fleet->delay + 1)];
}

void fleet_begin_step(struct fleet *fleet)
{
    fleet->step = (fleet->step + 1) % (fleet->delay + 1);
    unsigned *arrived = arriving(fleet, 0);
    fleet->ready += *arrived;
    fleet->pending -= *arrived;
    fleet->joined = *arrived;
    *arrived = 0;
}

bool fleet_scale(struct fleet *fleet, unsigned desired)
{
    unsigned current = fleet->ready + fleet->pending;
    unsigned surplus = current > desired ? current - desired : 0;

    if (desired > current) {
        *arriving(fleet, fleet->delay) += desired - current;
        fleet->pending += desired - current;
    }
    for (unsigned ahead = fleet->delay; ahead > 0 && surplus > 0 && fleet->pending > 0; ahead--) {
        unsigned *ordered = arriving(fleet, ahead);
        unsigned cancelled = *ordered < surplus ? *ordered : surplus;
        *ordered -= cancelled;
        fleet->pending -= cancelled;
        surplus -= cancelled;
    }
    fleet->ready -= surplus;
    fleet->left = surplus;
    return desired != current;
}
