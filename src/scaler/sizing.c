#include "scaler/sizing.h"

#include "common/limits.h"

#include <math.h>

#define ROUNDING  1e-9 /* of a node: what arithmetic may add to a whole number */
#define LEAST_OUT 0.05 /* of the present count: 15 orders double a fleet, and no more than 5 % of it is early */
#define DEAD_BAND 0.12

/* Unlike a cast, this is defined for every number. */
unsigned sizing_whole(double nodes)
{
    double rounded = ceil(nodes - ROUNDING);

    if (rounded >= SIZING_NODES_MAX)
        return SIZING_NODES_MAX;
    return rounded > 0.0 ? (unsigned)rounded : 0;
}

unsigned sizing_nodes(double demand, double utilisation, double weight)
{
    unsigned nodes = sizing_whole(demand / (utilisation * weight));

    return nodes > 0 ? nodes : 1;
}

unsigned sizing_out(unsigned current, unsigned wanted)
{
    unsigned least = current + sizing_whole(LEAST_OUT * current);

    return wanted > least ? wanted : least;
}

bool sizing_worth(unsigned current, unsigned wanted)
{
    return wanted < current && current - wanted >= DEAD_BAND * current - ROUNDING;
}
