/* The whole fleet as it stands now, counted in slices, so that many nodes never hold the loop: how many nodes of each
 * group are in which state, what they use by their newest sample, and what their agents account for. Pure. */
#ifndef COLLECTOR_FLEET_SURVEY_H
#define COLLECTOR_FLEET_SURVEY_H

#include "collector/fleet/agent_account.h"
#include "collector/fleet/registry.h"
#include "scaler/settings.h"

#include <stdbool.h>
#include <stdint.h>

#define SURVEY_SLICE    1000U /* nodes of one call */
#define SURVEY_FRESH_MS 500

struct survey_group {
    unsigned nodes[NODE_GONE + 1]; /* by liveness */
    struct {
        double demand; /* of the live nodes: utilisation x weight, and the sum of the weights */
        double capacity;
    } resource[RESOURCE_COUNT];
};

struct survey_result {
    struct survey_group *groups; /* GROUPS_MAX, by index */
    unsigned nodes[NODE_GONE + 1];
    struct agent_account account;
    unsigned clocks_off;
};

struct survey {
    struct survey_result done; /* the last one that was finished */
    struct survey_result next;
    bool running;
    bool known; /* one was finished */
    unsigned at;
    int64_t since_ms; /* when it was begun, and last went on */
    int64_t stepped_ms;
    int64_t taken_ms; /* when the last one was begun */
};

/* 0 or -ENOMEM. */
int survey_init(struct survey *survey);
void survey_deinit(struct survey *survey);

/* Counts on. true: survey->done is not older than SURVEY_FRESH_MS. */
bool survey_step(struct survey *survey, const struct registry *registry, int64_t now_ms, int64_t gone_ms);

#endif
