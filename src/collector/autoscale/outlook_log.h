/* Logs the nodes that approach a limit, as selected by outlook_watch. */
#ifndef COLLECTOR_AUTOSCALE_OUTLOOK_LOG_H
#define COLLECTOR_AUTOSCALE_OUTLOOK_LOG_H

#include "collector/autoscale/outlook_watch.h"
#include "common/slices.h"
#include "common/ticker.h"

#include <uv.h>

struct outlook_log {
    struct outlook_watch watch;
    struct ticker ticker;
    struct slices slices;
};

/* What is given belongs to the caller. */
void outlook_log_start(struct outlook_log *log, uv_loop_t *loop, const struct registry *registry,
                       const struct collector_config *config);
void outlook_log_close(struct outlook_log *log);

#endif
