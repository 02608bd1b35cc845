/* Pure. Where a node's cpu, memory and disk are heading, from its ring, and when that is worth a word. */
#ifndef COLLECTOR_FLEET_NODE_OUTLOOK_H
#define COLLECTOR_FLEET_NODE_OUTLOOK_H

#include "collector/fleet/registry.h"
#include "scaler/outlook.h"
#include "scaler/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NODE_OUTLOOK_POINTS_MAX 40U /* of the ring, evenly spread */

/* The line through the last 5 minutes. The limit is the group's `high`, and for memory its end, 100 %. */
struct outlook node_outlook(const struct node *node, const struct scaler_settings *settings, enum resource resource,
                            int64_t now_ms);

/* Whether there is news of the resource: it turns out that its limit will be reached soon (cpu and disk within the
 * horizon, memory within half an hour), or that it will not after all. Remembers in node->outlook_logged, so that each
 * event is told once. */
bool node_outlook_news(struct node *node, const struct scaler_settings *settings, enum resource resource,
                       const struct outlook *outlook);

/* "node-7: memory 91% now, full in about 14 min", "node-7: cpu 71% now, above 80% in about 2 min", or that it is not
 * any more. `now` is the newest sample's, the rest the line's. Always 0-terminated, cut at size. */
void node_outlook_sentence(const struct node *node, const struct scaler_settings *settings, enum resource resource,
                           const struct outlook *outlook, char *text, size_t size);

/* The same of what is still to come, for where nodes are shown; false: there is nothing to say. */
bool node_outlook_is_soon(const struct scaler_settings *settings, enum resource resource,
                          const struct outlook *outlook);

#endif
