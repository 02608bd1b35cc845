/* Sets once a second how often agents send, see fleet/report_pace.h, from the number of agents and from the share of
 * its time that the loop is busy.
 *
 * Agents learn their pace with the next Ack. If a pace has become shorter, or somebody looks at a node, they get an Ack
 * at once: a pass over all nodes finds them, in slices, so that many Acks do not block the loop. */
#ifndef COLLECTOR_REPORT_WATCH_H
#define COLLECTOR_REPORT_WATCH_H

#include "collector/config/config.h"
#include "collector/fleet/report_pace.h"
#include "collector/intake/intake_state.h"
#include "collector/loop_watch.h"
#include "common/slices.h"
#include "common/ticker.h"

#include <stdint.h>
#include <uv.h>

/* All belongs to the caller. */
struct report_watch_parts {
    struct intake_hub *hub;
    const struct collector_config *config;
    const struct loop_watch *loop_watch;
    const uint64_t *looks; /* of answer_world */
};

struct report_watch {
    struct report_watch_parts parts;
    struct report_pace pace;
    struct ticker ticker;
    struct slices pass;
    unsigned at;      /* the pass: the next node */
    uint64_t looks;   /* at the last pass */
    uint64_t turn_ns; /* of loop_watch, a second ago, */
    uint64_t busy_ns; /* the same */
};

/* Cannot fail. */
void report_watch_start(struct report_watch *watch, uv_loop_t *loop, const struct report_watch_parts *parts);

void report_watch_close(struct report_watch *watch);

#endif
