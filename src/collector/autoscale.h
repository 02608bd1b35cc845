/* The scaler on the loop: at each tick, for each group, observe, decide, and say so.
 *
 * A decision is printed and written to decisions.csv when it says something new, and again at a low rate while it
 * stands. Nothing is carried out in this version: the numbers are recommendations. */
#ifndef COLLECTOR_AUTOSCALE_H
#define COLLECTOR_AUTOSCALE_H

#include "collector/config.h"
#include "collector/decision_log.h"
#include "collector/registry.h"
#include "common/ticker.h"
#include "scaler/group.h"

#include <stdint.h>
#include <uv.h>

struct autoscale_group {
    struct scaler *scaler;
    struct decision said; /* the last one that was printed */
    uint64_t said_ms;     /* 0: none */
};

struct autoscale {
    const struct registry *registry;
    const struct collector_config *config;
    struct decision_log *decisions;
    struct ticker ticker;
    struct autoscale_group *groups;     /* GROUPS_MAX, by group index */
    struct group_observation *observed; /* likewise */
};

/* What is given belongs to the caller. 0 or -ENOMEM. */
int autoscale_start(struct autoscale *autoscale, uv_loop_t *loop, const struct registry *registry,
                    const struct collector_config *config, struct decision_log *decisions);

/* Another configuration, from now on. */
void autoscale_reconfigure(struct autoscale *autoscale, const struct collector_config *config);

void autoscale_close(struct autoscale *autoscale);

/* After the loop has run empty. */
void autoscale_deinit(struct autoscale *autoscale);

#endif
