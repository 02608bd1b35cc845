/* Pure. Writes the lines of the answer to the status command. */
#ifndef COLLECTOR_ADMIN_ADMIN_STATUS_H
#define COLLECTOR_ADMIN_ADMIN_STATUS_H

#include "collector/autoscale/scaling.h"
#include "collector/fleet/forwarders.h"
#include "common/moment.h"
#include "common/writer.h"

/* The line of the collector. */
void admin_status_put_collector(struct writer *writer, const struct scaling *scaling,
                                const struct forwarders *forwarders, const struct moment *now);

/* The line of a group: at most ADMIN_PIECE_MAX bytes. */
void admin_status_put_group(struct writer *writer, const struct scaling *scaling, const struct group *group,
                            const struct moment *now);

#endif
