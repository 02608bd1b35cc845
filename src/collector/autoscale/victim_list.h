/* Pure. The nodes that a scale-in of one group removes: their candidates, their choice by scaler/victims.h, and whether
 * they are still the same when the hook is about to remove them. */
#ifndef COLLECTOR_AUTOSCALE_VICTIM_LIST_H
#define COLLECTOR_AUTOSCALE_VICTIM_LIST_H

#include "collector/fleet/registry.h"
#include "scaler/decision.h"

#include <stdbool.h>
#include <stdint.h>

struct victim {
    char node_id[NAME_LEN_MAX + 1];
    uint64_t instance; /* the run of its agent when it was chosen */
};

/* All zero: there are none. */
struct victim_list {
    struct victim *victims;
    unsigned count;
};

/* Chooses the victims of a decision to scale in, at most VICTIMS_MAX, and corrects the decision: its order is for as
 * many as may go, or it becomes a hold if none may. No names are kept for VICTIMS_ANY. gone_ms: as of
 * registry_liveness(). 0, or -ENOMEM: there are
 * none, and the decision must not be ordered. */
int victim_list_choose(struct victim_list *list, const struct registry *registry, const struct group *group,
                       struct decision *decision, int64_t gone_ms);

/* Whether each of them is still in the group, reports, by the same run of its agent, and does not protect itself. */
bool victim_list_stands(const struct victim_list *list, const struct registry *registry, const struct group *group,
                        int64_t now_ms, int64_t gone_ms);

/* Each of them is removed by the hook from now on, until that time at the latest. */
void victim_list_note_removal(const struct victim_list *list, const struct registry *registry, int64_t until_ms);

/* The names, in a list from one malloc(). NULL: none, or no memory. */
char **victim_list_names(const struct victim_list *list);

void victim_list_deinit(struct victim_list *list);

#endif
