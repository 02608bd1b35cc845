/* Pure. Sums up the cpu demand of each group from rows of metrics.csv, in the steps of a simulation: in each step, the
 * mean utilisation of each node, over all nodes that report. The files contain no cores, so all nodes count the same.
 *
 * A node that samples less often than once a step counts with its last value until the next one comes; one that is
 * silent for longer than three of its intervals does not count meanwhile. Rows may come in any order of time, but the
 * rows of a node's instance in the order of their seq. */
#ifndef OFFLINE_RECORDED_DEMAND_H
#define OFFLINE_RECORDED_DEMAND_H

#include "collector/fleet/registry.h"
#include "collector/store/csv.h"
#include "offline/trace.h"

struct recorded_node;
struct recorded_group;

struct recorded_demand {
    struct registry registry;
    struct recorded_node *nodes; /* by the registry's index */
    unsigned node_capacity;
    struct recorded_group *groups; /* by the registry's index: GROUPS_MAX of them */
};

/* What a group's fleet was like while it was recorded. */
struct recorded_summary {
    int64_t first_ms; /* Unix time of the first step */
    size_t steps;     /* from the first to the last */
    size_t seen;      /* of these, steps in which a node reported */
    double nodes;     /* mean over the steps that were seen */
    double above;     /* share of them with a utilisation above the limit */
    double saturated; /* share of them in which nearly all nodes were busy: there may have been more demand */
};

/* 0 or -ENOMEM. recorded_demand_deinit() frees its memory. */
int recorded_demand_init(struct recorded_demand *recorded);
void recorded_demand_deinit(struct recorded_demand *recorded);

/* Adds a row, which counts for that group. 0, -ENOMEM, or -EINVAL with the reason in error. */
int recorded_demand_add(struct recorded_demand *recorded, const struct csv_row *row, const char *group, char *error,
                        size_t size);

/* After the last row. 0 or -ENOMEM. */
int recorded_demand_end(struct recorded_demand *recorded);

/* The demand of the group of that index, in nodes, as a trace that the caller frees: one point for each step that was
 * seen. The first and the last minute, in which not all nodes have reported, are left out. 0 or -ENOMEM. */
int recorded_demand_trace(const struct recorded_demand *recorded, unsigned index, struct trace *trace);

struct recorded_summary recorded_demand_summary(const struct recorded_demand *recorded, unsigned index, double limit);

#endif
