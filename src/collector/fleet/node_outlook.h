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

/* A line through the last 5 minutes of the ring. The limit is the group's `high`; for memory it is 100 %. */
struct outlook node_outlook(const struct node *node, const struct scaler_settings *settings, enum resource resource,
                            int64_t now_ms);

/* Whether to log the outlook: the resource will now reach its limit soon (cpu and disk within the horizon, memory
 * within half an hour), or no longer. Sets node->outlook_logged, so that each event is logged once. */
bool node_outlook_changed(struct node *node, const struct scaler_settings *settings, enum resource resource,
                          const struct outlook *outlook);

/* "node-7: memory 91% now, full in about 14 min", "node-7: cpu 71% now, above 80% in about 2 min", or that it will not
 * be. `now` is taken from the newest sample, the rest from the line. Always 0-terminated, cut at size. */
void node_outlook_sentence(const struct node *node, const struct scaler_settings *settings, enum resource resource,
                           const struct outlook *outlook, char *text, size_t size);

/* Whether the resource will reach its limit soon, as above. */
bool node_outlook_is_soon(const struct scaler_settings *settings, enum resource resource,
                          const struct outlook *outlook);

#endif
