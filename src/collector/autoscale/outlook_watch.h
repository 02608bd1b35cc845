/* Pure. Which nodes near a limit are worth a line in the log: some nodes are looked at each second, so that it costs
 * the loop little; each event has one line, and a minute at most OUTLOOK_LINES_MAX. */
#ifndef COLLECTOR_AUTOSCALE_OUTLOOK_WATCH_H
#define COLLECTOR_AUTOSCALE_OUTLOOK_WATCH_H

#include "collector/config/config.h"
#include "collector/fleet/registry.h"

#include <stdint.h>

typedef void outlook_watch_cb(const char *line);

struct outlook_watch {
    const struct registry *registry;
    const struct collector_config *config;
    outlook_watch_cb *on_line;
    unsigned next;      /* node */
    unsigned lines;     /* in this minute */
    unsigned left_out;  /* not logged in this minute, because of OUTLOOK_LINES_MAX */
    uint64_t minute_ms; /* when it began */
};

/* One second's nodes. */
void outlook_watch_tick(struct outlook_watch *watch, uint64_t now_ms);

#endif
