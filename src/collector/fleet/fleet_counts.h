/* Pure. The whole fleet as it stands now, counted in slices, so that many nodes never hold the loop: how many nodes of
 * each group are in which state, what they use by their newest sample, and what their agents account for. */
#ifndef COLLECTOR_FLEET_FLEET_COUNTS_H
#define COLLECTOR_FLEET_FLEET_COUNTS_H

#include "collector/fleet/agent_account.h"
#include "collector/fleet/registry.h"
#include "scaler/settings.h"

#include <stdbool.h>
#include <stdint.h>

#define FLEET_COUNTS_SLICE    1000U /* nodes of one call */
#define FLEET_COUNTS_FRESH_MS 500

struct fleet_counts_group {
    unsigned nodes[NODE_GONE + 1]; /* by liveness */
    struct {
        double demand; /* of the live nodes: utilisation x weight, and the sum of the weights */
        double capacity;
    } resource[RESOURCE_COUNT];
};

struct fleet_counts_result {
    struct fleet_counts_group *groups; /* GROUPS_MAX, by index */
    unsigned nodes[NODE_GONE + 1];
    struct agent_account account;
    unsigned clocks_off;
};

struct fleet_counts {
    struct fleet_counts_result done; /* the last one that was finished */
    struct fleet_counts_result next;
    bool running;
    bool known; /* one was finished */
    unsigned at;
    int64_t since_ms; /* when it was begun, and last went on */
    int64_t stepped_ms;
    int64_t taken_ms; /* when the last one was begun */
};

/* 0 or -ENOMEM. */
int fleet_counts_init(struct fleet_counts *counts);
void fleet_counts_deinit(struct fleet_counts *counts);

/* Counts on. true: counts->done is not older than FLEET_COUNTS_FRESH_MS. */
bool fleet_counts_step(struct fleet_counts *counts, const struct registry *registry, int64_t now_ms, int64_t gone_ms);

#endif
