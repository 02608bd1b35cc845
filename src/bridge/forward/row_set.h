/* Pure. The rows that are sent to an engine together, in the order in which it takes them at the least cost: by node,
 * and each node's by time. An engine looks a series up once for all its values in a request. */
#ifndef BRIDGE_FORWARD_ROW_SET_H
#define BRIDGE_FORWARD_ROW_SET_H

#include "collector/store/csv.h"

#include <stdbool.h>
#include <stdint.h>

struct row_set_node {
    char node_id[NAME_LEN_MAX + 1];
    char group[NAME_LEN_MAX + 1];
    uint32_t count; /* of its rows in the set */
    uint32_t begin; /* of them in the order */
};

struct row_set_row {
    uint32_t node; /* index */
    struct sample sample;
};

struct row_set {
    struct row_set_row *rows; /* as they came */
    uint32_t *order;          /* indexes of rows, sorted once row_set_sort() was called */
    struct row_set_node *nodes;
    uint32_t *slots; /* hash table of nodes: index + 1; 0: free */
    uint32_t count;  /* of rows */
    uint32_t node_count;
    uint32_t max; /* rows, and so nodes */
    uint32_t slot_mask;
};

/* max: rows, 1 to 2^20. 0 or -ENOMEM. */
int row_set_init(struct row_set *set, uint32_t max);
void row_set_deinit(struct row_set *set);

void row_set_clear(struct row_set *set);

/* The set must not be full. */
void row_set_add(struct row_set *set, const struct csv_row *row);
static inline bool row_set_is_full(const struct row_set *set)
{
    return set->count == set->max;
}

void row_set_sort(struct row_set *set);

#endif
