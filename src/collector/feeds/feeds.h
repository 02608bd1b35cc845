/* The programs that report signals: those that the configuration needs, on one timer.
 *
 * A reload starts and ends only what has changed. */
#ifndef COLLECTOR_FEEDS_FEEDS_H
#define COLLECTOR_FEEDS_FEEDS_H

#include "collector/config/config.h"
#include "collector/feeds/feed.h"

#include <stdbool.h>
#include <uv.h>

struct feeds {
    struct feed_hub hub;
    struct feed *list; /* linked */
    uv_timer_t timer;  /* for the next step of any of them */
    bool closed;
};

/* Starts the programs that the configuration needs. The texts of the options stay the caller's. 0, or -ENOMEM and some
 * of them don't run; the caller closes it also then. */
int feeds_start(struct feeds *feeds, uv_loop_t *loop, const struct collector_config *config,
                const struct feed_options *options);

/* Another configuration: programs that are in both go on. 0, or -ENOMEM and some of them don't run. */
int feeds_reconfigure(struct feeds *feeds, const struct collector_config *config);

/* Kills all programs. No callback comes any more. Idempotent; also for zeros. */
void feeds_close(struct feeds *feeds);

#endif
