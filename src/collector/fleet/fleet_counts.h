/* Pure. Counts the whole fleet: the nodes of each group by state, and their resource use by the newest
 * samples. Counted in slices, so that many nodes do not block the loop. */
#ifndef COLLECTOR_FLEET_FLEET_COUNTS_H
#define COLLECTOR_FLEET_FLEET_COUNTS_H

#include "collector/fleet/registry.h"
#include "scaler/settings.h"

#include <stdbool.h>
#include <stdint.h>

#define FLEET_COUNTS_SLICE    1000U /* nodes of one call */
#define FLEET_COUNTS_FRESH_MS 500

/* Nodes in some state, and one of them. */
struct fleet_counts_some {
    unsigned count;
    unsigned first; /* its index; valid if there is any */
};

struct fleet_counts_group {
    unsigned nodes[NODE_GONE + 1]; /* by liveness */
    struct fleet_counts_some missing;
    struct fleet_counts_some above_high; /* live ones with a resource above `high`, or soon, see node_outlook.h */
    struct fleet_counts_some filling;    /* live ones whose fullest file system is full or will be soon, see
                                            fs_outlook.h */
    struct {
        double demand; /* over live nodes: utilisation x weight, and the sum of the weights */
        double capacity;
    } resource[RESOURCE_NODE_COUNT];
    struct {
        unsigned nodes; /* live ones that report how full their fullest file system is */
        double fullest; /* share */
    } fs;
};

struct fleet_counts_result {
    struct fleet_counts_group *groups; /* GROUPS_MAX, by index */
    unsigned nodes[NODE_GONE + 1];
    struct fleet_counts_some clocks_off;
    struct fleet_counts_some short_rings; /* see registry_has_short_ring() */
};

struct fleet_counts {
    struct fleet_counts_result done; /* the last complete one */
    struct fleet_counts_result next; /* being counted */
    bool running;
    bool known;         /* done was counted at least once */
    unsigned at;        /* index of the next node */
    int64_t since_ms;   /* when next was begun */
    int64_t stepped_ms; /* when it was last continued */
    int64_t taken_ms;   /* when done was begun */
};

/* 0 or -ENOMEM. */
int fleet_counts_init(struct fleet_counts *counts);
void fleet_counts_deinit(struct fleet_counts *counts);

/* Counts the next slice, if counts->done is older than FLEET_COUNTS_FRESH_MS. true: it is fresh. gone_ms: as for
 * registry_liveness(). */
bool fleet_counts_step(struct fleet_counts *counts, const struct registry *registry, int64_t now_ms, int64_t gone_ms);

#endif
