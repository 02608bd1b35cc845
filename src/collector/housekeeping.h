/* What the collector does once a minute: takes memory back from rings and from groups that nobody uses, and finds
 * sections of the configuration whose group never has a node. */
#ifndef COLLECTOR_HOUSEKEEPING_H
#define COLLECTOR_HOUSEKEEPING_H

#include "collector/autoscale/scaling.h"
#include "collector/config/config.h"
#include "collector/fleet/registry.h"
#include "collector/fleet/section_watch.h"
#include "collector/store/backlog.h"
#include "common/slices.h"
#include "common/ticker.h"

#include <stdint.h>
#include <uv.h>

typedef void housekeeping_cb(void *arg);

struct housekeeping_parts {
    const struct collector_config *config;
    struct registry *registry;
    struct scaling *scaling;
    const struct backlog *backlog;
    housekeeping_cb *cb; /* called each time, at the end */
    void *arg;
};

struct housekeeping {
    struct housekeeping_parts parts;
    struct ticker ticker;
    struct slices slices;
    int64_t now_ms; /* when the slices began */
    unsigned at;    /* the index of the next node */
    struct section_watch sections;
    uint64_t shortened_logged; /* the registry's rings_shortened that was logged last */
};

/* Cannot fail. */
void housekeeping_start(struct housekeeping *housekeeping, uv_loop_t *loop, const struct housekeeping_parts *parts);

/* The configuration has been read again. */
void housekeeping_reconfigure(struct housekeeping *housekeeping);

void housekeeping_close(struct housekeeping *housekeeping);

#endif
