/* Pure. Extrapolates a node's cpu, memory and disk from its ring, and decides when the result is worth a log line. */
#ifndef COLLECTOR_FLEET_NODE_OUTLOOK_H
#define COLLECTOR_FLEET_NODE_OUTLOOK_H

#include "collector/fleet/registry.h"
#include "scaler/outlook.h"
#include "scaler/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NODE_OUTLOOK_POINTS_MAX 40U /* of the ring, evenly spread */

/* What is said of a resource of a node. */
enum node_outlook_level {
    NODE_OUTLOOK_BELOW, /* nothing */
    NODE_OUTLOOK_HIGH,  /* above `high`; of cpu and disk also: will be within the horizon */
    NODE_OUTLOOK_FULL   /* memory: full, or will be within half an hour */
};

/* A line through the last 5 minutes of the ring. until_s counts to the group's `high`; for memory, until it is full. */
struct outlook node_outlook(const struct node *node, const struct scaler_settings *settings, enum resource resource,
                            int64_t now_ms);

/* Whether to log the outlook: the resource has reached another level. A level that is left is kept until the line is
 * clearly away from its limit, so that a node that stays at the limit is logged once. The level is in
 * node->outlook_logged. */
bool node_outlook_changed(struct node *node, const struct scaler_settings *settings, enum resource resource,
                          const struct outlook *outlook);

/* Whether there is something to say now: by the line, or because the newest sample is above `high`. */
bool node_outlook_is_news(const struct node *node, const struct scaler_settings *settings, enum resource resource,
                          const struct outlook *outlook);

/* Whether the newest sample is above `high`. */
bool node_outlook_is_high(const struct node *node, const struct scaler_settings *settings, enum resource resource);

/* "node-7: memory 91% now, full in about 14 min", "node-7: cpu 71% now, above 80% in about 2 min", or that it will not
 * be. `now` is taken from the newest sample, the rest from the line. Always 0-terminated, cut at size. */
void node_outlook_sentence(const struct node *node, const struct scaler_settings *settings, enum resource resource,
                           const struct outlook *outlook, char *text, size_t size);

#endif
