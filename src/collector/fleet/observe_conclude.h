/* Pure. The judgement of each group when a pass over all nodes has seen the last one: its sums, whether it has lost
 * many nodes at once, and whether roll call is under way. */
#ifndef COLLECTOR_FLEET_OBSERVE_CONCLUDE_H
#define COLLECTOR_FLEET_OBSERVE_CONCLUDE_H

#include "collector/fleet/observe_pass.h"

/* The pass is done then. */
void observe_conclude(struct observe_pass *pass);

#endif
