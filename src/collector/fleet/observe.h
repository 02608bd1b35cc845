/* Pure. Builds the scaler's input: sums over the nodes of each group. */
#ifndef COLLECTOR_FLEET_OBSERVE_H
#define COLLECTOR_FLEET_OBSERVE_H

#include "collector/config/config.h"
#include "collector/fleet/registry.h"
#include "scaler/decision.h"

#include <stdbool.h>
#include <stdint.h>

/* The metric of each resource's use; from RESOURCE_COUNT on, of the pressure of all but app; at the end, what adds to
 * the pressure of cpu. */
#define OBSERVE_THROTTLED (RESOURCE_COUNT + RESOURCE_APP)
#define OBSERVE_METRICS   (OBSERVE_THROTTLED + 1U)
extern const enum metric observe_metric[OBSERVE_METRICS];

/* A pass over all nodes. It stores in each node whether it was present: one that was absent and is live has joined, one
 * that was present and has left or is gone has left. A live node's utilisation is its mean over the last tick, or its
 * newest sample if that is older and not too old for the group's horizon; then the node is unread. Nodes that are gone
 * are not counted. At its end, the pass judges for each group whether it has lost many nodes at once, and whether roll
 * call is under way.
 *
 * The pass may be made in slices with the same result: samples taken after it began are not counted (but a silent node
 * that sends one before its turn is live). Nodes may be added and freed meanwhile; new groups are seen by the next
 * pass. */
struct observe_sum {
    struct resource_observation resource[RESOURCE_COUNT];
    unsigned pressured[RESOURCE_COUNT]; /* nodes that report pressure */
};

struct observe_sums {
    struct observe_sum settled;
    struct observe_sum warming;                     /* nodes that warm up are summed separately */
    struct group_sizes_count sizes[RESOURCE_COUNT]; /* of the live nodes */
    double newest_weight[RESOURCE_COUNT];           /* of the nodes that joined last by order, together */
    unsigned newest[RESOURCE_COUNT];                /* how many of them have a weight */
    int64_t newest_ms;                              /* when they joined; NEVER_JOINED: there are none */
    double silent_weight[RESOURCE_COUNT];           /* of the nodes that do not report, as far as it is known */
    unsigned weightless[RESOURCE_COUNT];            /* how many of these have never said what they have */
    int64_t interval_ms;                            /* the longest one that an agent reports */
    unsigned known;                                 /* nodes known from before the start that report, or are awaited */
    unsigned arrived;                               /* nodes that came since the last tick, or have no sample yet */
    unsigned returned;                              /* nodes that had left or been given up, and report again */
    unsigned moved;                                 /* missing nodes whose agent said that it moves */
    unsigned silent;                                /* missing nodes whose agent said nothing */
    unsigned left;                                  /* nodes whose agent said that they leave, and which still count, */
    unsigned left_before;                           /* or which left within gone_ms and do not count any more */
    unsigned newcomers;          /* live nodes that came within gone_ms, and after the start's roll call */
    unsigned elsewhere;          /* nodes whose agents prefer another collector, */
    unsigned elsewhere_live;     /* and those of them that are live */
    int64_t warm_up_ms;          /* the group's settings: this, */
    int64_t horizon_ms;          /* the lead time and a tick, */
    double high[RESOURCE_COUNT]; /* and thresholds */
    enum mass_loss_event event;  /* once the pass is done */
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
    struct group_sizes_table tables[GROUPS_MAX][RESOURCE_COUNT];
};

/* observed: GROUPS_MAX places, by group index; complete up to pass->group_count once the pass is done. */
void observe_begin(struct observe_pass *pass, const struct registry *registry, const struct collector_config *config,
                   int64_t now_ms, struct group_observation *observed);

/* Adds the next `nodes` nodes. true: the pass is done. */
bool observe_step(struct observe_pass *pass, unsigned nodes);

/* The whole pass. */
void observe_groups(const struct registry *registry, const struct collector_config *config, int64_t now_ms,
                    struct group_observation *observed);

#endif
