/* Pure. Selects the nodes near a limit that are worth a log line: it checks some nodes each second, which costs the
 * loop little, and reports each event once and at most OUTLOOK_LINES_MAX events per minute. It also records how full
 * the fullest file system of each node is. */
#ifndef COLLECTOR_AUTOSCALE_OUTLOOK_WATCH_H
#define COLLECTOR_AUTOSCALE_OUTLOOK_WATCH_H

#include "collector/config/config.h"
#include "collector/fleet/registry.h"

#include <stdbool.h>
#include <stdint.h>

typedef void outlook_watch_cb(const char *line);

struct outlook_watch {
    const struct registry *registry;
    const struct collector_config *config;
    outlook_watch_cb *on_line;
    unsigned next;      /* node, */
    unsigned left;      /* and how many to look at in this second */
    uint64_t now_ms;    /* when it began */
    unsigned lines;     /* in this minute */
    unsigned left_out;  /* not logged in this minute, because of OUTLOOK_LINES_MAX */
    uint64_t minute_ms; /* when it began */
};

/* A second begins. outlook_watch_step() looks at one of its nodes, and returns whether there are more. */
void outlook_watch_begin(struct outlook_watch *watch, uint64_t now_ms);
bool outlook_watch_step(struct outlook_watch *watch);

#endif
