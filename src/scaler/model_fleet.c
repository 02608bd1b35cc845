#include "scaler/model_fleet.h"

unsigned model_fleet_scale(struct model_fleet *fleet, unsigned *arriving, unsigned places, unsigned delay,
                           unsigned nodes)
{
    unsigned current = fleet->ready + fleet->pending;

    if (nodes >= current) {
        arriving[model_fleet_place(fleet, places, delay)] += nodes - current;
        fleet->pending += nodes - current;
        return 0;
    }
    unsigned surplus = current - nodes;
    for (unsigned ahead = delay; ahead > 0 && surplus > 0 && fleet->pending > 0; ahead--) {
        unsigned *ordered = &arriving[model_fleet_place(fleet, places, ahead)];
        unsigned cancelled = *ordered < surplus ? *ordered : surplus;
        *ordered -= cancelled;
        fleet->pending -= cancelled;
        surplus -= cancelled;
    }
    fleet->ready -= surplus;
    return surplus;
}
