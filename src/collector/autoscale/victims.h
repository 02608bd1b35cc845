/* Pure. Selects the nodes that an order to scale in suggests for removal. */
#ifndef COLLECTOR_AUTOSCALE_VICTIMS_H
#define COLLECTOR_AUTOSCALE_VICTIMS_H

#include <stdbool.h>
#include <stdint.h>

struct decision;
struct group;
struct registry;

struct victim_candidate {
    const char *node_id;
    int64_t known_ms; /* when the node was first seen: the largest is the newest */
    double load;      /* any measure, the same for all; NaN: unknown */
    bool is_warming;  /* never a victim: its load is not known yet */
};

/* Sorts the candidates in the order in which they would be removed: warming nodes last, and among the others newest
 * first, then least loaded, unknown load after known, then by node_id. Returns how many to remove, at most wanted: they
 * are the first ones. */
unsigned victims_choose(struct victim_candidate *candidates, unsigned count, unsigned wanted);

/* The ids of the nodes of the group that the decision's order would remove, in a list that the caller frees. NULL:
 * none, or no memory, and none is suggested. Victims of an earlier order that are still there are among them, since
 * they come first again. */
const char **victims_suggest(const struct registry *registry, const struct group *group,
                             const struct decision *decision, unsigned *count);

#endif
