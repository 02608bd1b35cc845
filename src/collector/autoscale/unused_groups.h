/* Pure. Gives the places of groups back that nothing holds, where places are short: no node that counts or may return
 * soon, no section or schedule, no order, no override. Such groups come from invented names. A group that is scaled is
 * never given back. */
#ifndef COLLECTOR_AUTOSCALE_UNUSED_GROUPS_H
#define COLLECTOR_AUTOSCALE_UNUSED_GROUPS_H

#include "collector/autoscale/scaling.h"
#include "collector/fleet/registry.h"
#include "collector/store/backlog.h"

#include <stdint.h>

/* Call it once a minute. backlog: its rows point to groups, so none is given back while a write is under way. Returns
 * how many were given back. */
unsigned unused_groups_give_back(struct scaling *scaling, struct registry *registry, const struct backlog *backlog,
                                 int64_t now_ms);

#endif
