#include "scaler/sizing.h"

#include "common/limits.h"

#define ROUNDING  1e-9 /* of a node: what arithmetic may add to a whole number */
#define LEAST_OUT 0.05 /* of the present count: 15 orders double a fleet, and no more than 5 % of it is early */
#define DEAD_BAND 0.12

/* Unlike a cast, this is defined for every number. Without ceil(), which is a call: this runs for each strategy. */
unsigned sizing_whole(double nodes)
{
    double least = nodes - ROUNDING;

    if (least > SIZING_NODES_MAX - 1.0)
        return SIZING_NODES_MAX;
    if (!(least > 0.0))
        return 0;
    unsigned whole = (unsigned)least;
    return whole + (whole < least);
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

unsigned sizing_in(unsigned current)
{
    unsigned fewer = sizing_whole(DEAD_BAND * current);

    return fewer > 0 ? current - fewer : 0;
}

bool sizing_worth(unsigned current, unsigned wanted)
{
    return wanted < current && wanted <= sizing_in(current);
}
