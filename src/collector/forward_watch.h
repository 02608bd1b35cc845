/* Follows the state files of forwarders, NAME/forward-NAME.state in the directory of the setting forward-dir: reads
 * them every five seconds on a worker, since the directory may be on a file system that hangs. A file that is damaged,
 * too long or no regular file is ignored, and its forwarder becomes silent. */
#ifndef COLLECTOR_FORWARD_WATCH_H
#define COLLECTOR_FORWARD_WATCH_H

#include "collector/config/config.h"
#include "collector/fleet/forwarders.h"
#include "common/recheck.h"

#include <uv.h>

struct forward_watch {
    uv_loop_t *loop;
    const struct collector_config *config;
    struct forwarders forwarders;
    struct recheck recheck;
    setting_path path; /* the worker's, and what it has found */
    struct forwarder_state found[FORWARDERS_MAX];
    unsigned found_count;
};

/* The configuration is the caller's, and may change. */
void forward_watch_start(struct forward_watch *watch, uv_loop_t *loop, const struct collector_config *config);
void forward_watch_close(struct forward_watch *watch);

#endif
