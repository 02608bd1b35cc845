#include "bridge/forward/decision_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int decision_set_init(struct decision_set *set, uint32_t max)
{
    *set = (struct decision_set){.max = max};
    set->points = calloc(max, sizeof *set->points);
    set->order = calloc(max, sizeof *set->order);
    if (set->points != NULL && set->order != NULL)
        return 0;
    decision_set_deinit(set);
    return -ENOMEM;
}

void decision_set_deinit(struct decision_set *set)
{
    free(set->points);
    free(set->order);
    *set = (struct decision_set){0};
}

void decision_set_add(struct decision_set *set, const struct decision_point *point)
{
    set->points[set->count++] = *point;
}

static bool is_before(const struct decision_point *a, const struct decision_point *b)
{
    int order = strcmp(a->group, b->group);

    return order < 0 || (order == 0 && a->time_ms < b->time_ms);
}

/* By insertion: a set is small. Rows of the same time stay in their order. */
void decision_set_sort(struct decision_set *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        uint32_t at = i;
        for (; at > 0 && is_before(&set->points[i], &set->points[set->order[at - 1]]); at--)
            set->order[at] = set->order[at - 1];
        set->order[at] = i;
    }
}
