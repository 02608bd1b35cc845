/* Pure. How often agents may connect as a node: RECONNECTS_BURST times at once, and once a second in the long run. A
 * new instance counts twice, as the collector remembers few.
 *
 * The node's owner (ownership.h) counts for itself, so that nobody else uses up what it may. Times are the collector's
 * monotonic clock. */
#ifndef COLLECTOR_FLEET_RECONNECTS_H
#define COLLECTOR_FLEET_RECONNECTS_H

#include <stdbool.h>
#include <stdint.h>

#define RECONNECTS_BURST 60

/* Embedded in a node. All zero: none. */
struct reconnects {
    int32_t due_s[2]; /* of others and of the owner: when all are forgotten, at one a second */
};

bool reconnects_allowed(const struct reconnects *reconnects, bool owner, bool new_instance, int64_t now_ms);

/* An agent has connected. */
void reconnects_note(struct reconnects *reconnects, bool owner, bool new_instance, int64_t now_ms);

#endif
