/* Looks at where single nodes are heading, some of them each second so that it costs the loop little, and logs what is
 * worth a word: each event once, and no more than OUTLOOK_LINES_MAX in a minute. */
#ifndef COLLECTOR_AUTOSCALE_OUTLOOK_LOG_H
#define COLLECTOR_AUTOSCALE_OUTLOOK_LOG_H

#include "collector/config/config.h"
#include "collector/fleet/registry.h"
#include "common/ticker.h"

#include <stdint.h>
#include <uv.h>

struct outlook_log {
    const struct registry *registry;
    const struct collector_config *config;
    struct ticker ticker;
    unsigned next;      /* node */
    unsigned lines;     /* in this minute */
    unsigned left_out;  /* likewise */
    uint64_t minute_ms; /* when it began */
};

/* What is given belongs to the caller. */
void outlook_log_start(struct outlook_log *watch, uv_loop_t *loop, const struct registry *registry,
                       const struct collector_config *config);
void outlook_log_close(struct outlook_log *watch);

#endif
