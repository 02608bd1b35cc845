/* Pure. Decides when each query is asked: shortly before each tick (feed/feed_time.h), at most QUERY_PARALLEL at a time
 * of one engine, so that a slow engine delays its own queries only. */
#ifndef BRIDGE_QUERY_QUERY_PLAN_H
#define BRIDGE_QUERY_QUERY_PLAN_H

#include "bridge/query/query_list.h"

#include <stdbool.h>
#include <stdint.h>

#define QUERY_PARALLEL 8U

struct query_turn {
    uint64_t due_ms;
    uint64_t overdue_ms; /* when it is reported that its turn has not come */
    bool is_running;
};

struct query_plan {
    const struct query_list *list;
    uint64_t tick_ms;
    struct query_turn *turns; /* owned; one for each query */
    unsigned *running;        /* owned; queries of each engine that are under way */
};

/* The list must outlive the plan. 0 or -ENOMEM. */
int query_plan_init(struct query_plan *plan, const struct query_list *list, uint64_t tick_ms, uint64_t now_ms);

/* Also of zeros. */
void query_plan_deinit(struct query_plan *plan);

/* Begins the query that has waited longest of those that may be asked now, and returns its index; -1: there is none. */
int query_plan_next(struct query_plan *plan, uint64_t now_ms);

/* The query has been answered, or given up. */
void query_plan_ended(struct query_plan *plan, unsigned index);

/* A query whose turn has not come for a whole tick, because its engine is too slow; each is returned once a tick. -1:
 * there is none. */
int query_plan_overdue(struct query_plan *plan, uint64_t now_ms);

/* When query_plan_next() or query_plan_overdue() may return one, if none ends before. UINT64_MAX: never. */
uint64_t query_plan_due_ms(const struct query_plan *plan);

#endif
