/* Pure. The rows of decisions.csv that are sent to an engine together, by group, and each group's by time. */
#ifndef BRIDGE_FORWARD_DECISION_SET_H
#define BRIDGE_FORWARD_DECISION_SET_H

#include "bridge/forward/decision_line.h"

#include <stdbool.h>
#include <stdint.h>

struct decision_set {
    struct decision_point *points; /* as they came */
    uint32_t *order;               /* indexes of points, sorted once decision_set_sort() was called */
    uint32_t count;
    uint32_t max;
};

/* 0 or -ENOMEM. */
int decision_set_init(struct decision_set *set, uint32_t max);
void decision_set_deinit(struct decision_set *set);

/* The set must not be full. */
void decision_set_add(struct decision_set *set, const struct decision_point *point);
static inline bool decision_set_is_full(const struct decision_set *set)
{
    return set->count == set->max;
}

void decision_set_sort(struct decision_set *set);

#endif
