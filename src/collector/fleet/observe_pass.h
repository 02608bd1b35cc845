/* Pure. What a pass over all nodes knows of each group until it is done, see observe.h. */
#ifndef COLLECTOR_FLEET_OBSERVE_PASS_H
#define COLLECTOR_FLEET_OBSERVE_PASS_H

#include "collector/fleet/registry.h"
#include "scaler/decision.h"

#include <stdbool.h>
#include <stdint.h>

struct observe_sum {
    struct resource_observation resource[RESOURCE_NODE_COUNT];
    unsigned pressured[RESOURCE_NODE_COUNT]; /* nodes that report pressure */
};

struct observe_sums {
    struct observe_sum settled;
    struct observe_sum warming;                          /* nodes that warm up are summed separately */
    struct group_sizes_count sizes[RESOURCE_NODE_COUNT]; /* of the live nodes */
    double newest_weight[RESOURCE_NODE_COUNT];           /* of the nodes that joined last by order, together */
    unsigned newest[RESOURCE_NODE_COUNT];                /* how many of them have a weight */
    int64_t newest_ms;                                   /* when they joined; NEVER_JOINED: there are none */
    double silent_weight[RESOURCE_NODE_COUNT];           /* of the nodes that do not report, as far as it is known */
    unsigned weightless[RESOURCE_NODE_COUNT];            /* how many of these have never said what they have */
    int64_t interval_ms;                                 /* the longest one that an agent reports */
    unsigned known;                   /* nodes known from before the start that report, or are awaited */
    unsigned arrived;                 /* nodes that came since the last tick, or have no sample yet */
    unsigned returned;                /* nodes that had left or been given up, and report again */
    unsigned moved;                   /* missing nodes whose agent said that it moves */
    unsigned silent;                  /* missing nodes whose agent said nothing */
    unsigned left;                    /* nodes whose agent said that they leave, and which still count, */
    unsigned left_before;             /* or which left within gone_ms and do not count any more */
    unsigned newcomers;               /* live nodes that came within gone_ms, and after the start's roll call */
    unsigned elsewhere;               /* nodes whose agents prefer another collector, */
    unsigned elsewhere_live;          /* and those of them that are live */
    int64_t warm_up_ms;               /* the group's settings: this, */
    int64_t horizon_ms;               /* the lead time and a tick, */
    double high[RESOURCE_NODE_COUNT]; /* and thresholds */
    enum mass_loss_event event;       /* once the pass is done */
};

/* A node that has changed its liveness since the last tick. */
struct observe_notice {
    const struct node *node;
    enum liveness before;
    enum liveness after;
};

#define OBSERVE_NOTICES_MAX 256U

struct observe_pass {
    const struct registry *registry;
    struct group_observation *observed;
    int64_t now_ms;
    int64_t tick_ms;
    int64_t gone_ms;
    unsigned group_count;
    unsigned group_comings;
    unsigned at;       /* the next node */
    int64_t newest_ms; /* the newest reading of the nodes before; INT64_MIN: there is none */
    bool done;
    bool is_suspected;     /* most groups have lost many nodes at once: the collector suspects its own network */
    unsigned notice_count; /* of the last slice; above OBSERVE_NOTICES_MAX the rest was left out */
    struct observe_notice notices[OBSERVE_NOTICES_MAX];
    struct observe_sums sums[GROUPS_MAX];
    struct group_sizes_table tables[GROUPS_MAX][RESOURCE_NODE_COUNT];
};

#endif
