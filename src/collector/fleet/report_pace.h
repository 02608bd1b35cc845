/* Pure. Chooses how often agents send: with each sample, or several samples together.
 *
 * A frame costs the collector much more than another sample in it, so a large fleet is asked to send rarely
 * (report_ms of the protocol). Up to REPORT_PACE_AGENTS agents send each sample at once. Beyond, the collector lets
 * about that many frames come in a second, and fewer if its loop is busy for more than half of its time:
 *
 *     report_ms = 1 s * max(agents / REPORT_PACE_AGENTS, report_ms now * busy / 0.5), at most REPORT_PACE_MS_MAX
 *
 * The value changes in steps, and becomes shorter only by a whole second, so that it does not go up and down.
 *
 * Groups whose next decisions need new samples (see report_urgency.h) are reckoned by themselves: 2,000 such nodes in a
 * fleet of 20,000 send each second. A group's setting replaces what the collector would choose. */
#ifndef COLLECTOR_FLEET_REPORT_PACE_H
#define COLLECTOR_FLEET_REPORT_PACE_H

#include "collector/config/config.h"
#include "collector/fleet/registry_state.h"

#include <stdbool.h>
#include <stdint.h>

#define REPORT_PACE_AGENTS 2000U
#define REPORT_PACE_MS_MAX 5000U

/* All zero to begin with. */
struct report_pace {
    uint32_t general_ms; /* of most groups */
    uint32_t urgent_ms;  /* of groups that are urgent */
    double busy;         /* smoothed */
};

struct report_pace_load {
    unsigned agents; /* that are connected */
    double busy;     /* the share of the last second that the loop was busy */
    uint32_t ack_interval_ms;
    const struct collector_config *config; /* a third of the tick is the longest report */
};

/* The next value of a pace, in milliseconds; 0: each sample at once. most_ms: the longest one. */
uint32_t report_pace_next(uint32_t now_ms, unsigned agents, double busy, uint32_t most_ms);

/* Call it once a second: sets the pace of each group. Returns whether one has become shorter. */
bool report_pace_update(struct report_pace *pace, const struct report_pace_load *load, const struct registry *registry);

#endif
