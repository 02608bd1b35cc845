/* Lets the programs that report signals run, and gives their lines to the scaler. */
#ifndef COLLECTOR_SIGNAL_FEEDS_H
#define COLLECTOR_SIGNAL_FEEDS_H

#include "collector/autoscale/signal_table.h"
#include "collector/feeds/feeds.h"

#include <limits.h>

struct signal_feeds {
    struct feeds feeds;
    struct signal_table *table; /* the caller's */
    char bridge[PATH_MAX];      /* of headroom-bridge */
};

/* argv: the collector's. 0 or -ENOMEM; the caller closes it in any case. */
int signal_feeds_start(struct signal_feeds *signals, uv_loop_t *loop, const struct collector_config *config,
                       struct spawner *spawner, char *const *argv, struct signal_table *table);

/* Another configuration, which the table has taken over. */
void signal_feeds_reconfigure(struct signal_feeds *signals, const struct collector_config *config);

/* Kills the programs. Idempotent; also for zeros. */
void signal_feeds_close(struct signal_feeds *signals);

#endif
