#include "bridge/forward/row_set.h"

#include "common/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int row_set_init(struct row_set *set, uint32_t max)
{
    uint32_t slots = 4;

    while (slots < 2 * max)
        slots *= 2;
    *set = (struct row_set){.max = max, .slot_mask = slots - 1};
    set->rows = calloc(max, sizeof *set->rows);
    set->order = calloc(max, sizeof *set->order);
    set->nodes = calloc(max, sizeof *set->nodes);
    set->slots = calloc(slots, sizeof *set->slots);
    if (set->rows != NULL && set->order != NULL && set->nodes != NULL && set->slots != NULL)
        return 0;
    row_set_deinit(set);
    return -ENOMEM;
}

void row_set_deinit(struct row_set *set)
{
    free(set->rows);
    free(set->order);
    free(set->nodes);
    free(set->slots);
    *set = (struct row_set){0};
}

void row_set_clear(struct row_set *set)
{
    memset(set->slots, 0, ((size_t)set->slot_mask + 1) * sizeof *set->slots);
    set->count = 0;
    set->node_count = 0;
}

static bool is_node_of(const struct row_set_node *node, const struct csv_row *row)
{
    return strcmp(node->node_id, row->node_id) == 0 && strcmp(node->group, row->group) == 0;
}

/* The index of the row's node, which is added if it is new. */
static uint32_t find_node(struct row_set *set, const struct csv_row *row)
{
    uint64_t hash = hash_fnv1a(hash_fnv1a_begin(), row->node_id, strlen(row->node_id) + 1);
    uint32_t slot = (uint32_t)hash_fnv1a(hash, row->group, strlen(row->group)) & set->slot_mask;

    while (set->slots[slot] != 0 && !is_node_of(&set->nodes[set->slots[slot] - 1], row))
        slot = (slot + 1) & set->slot_mask;
    if (set->slots[slot] == 0) {
        struct row_set_node *node = &set->nodes[set->node_count++];
        memcpy(node->node_id, row->node_id, sizeof node->node_id);
        memcpy(node->group, row->group, sizeof node->group);
        node->count = 0;
        set->slots[slot] = set->node_count;
    }
    return set->slots[slot] - 1;
}

void row_set_add(struct row_set *set, const struct csv_row *row)
{
    uint32_t node = find_node(set, row);

    set->nodes[node].count++;
    set->rows[set->count++] = (struct row_set_row){node, row->sample};
}

/* By insertion: the rows of a node are in the order of time, but for those that an agent sent late. */
static void insert(struct row_set *set, uint32_t begin, uint32_t end, uint32_t row)
{
    int64_t time_ms = set->rows[row].sample.time_ms;

    while (end > begin && set->rows[set->order[end - 1]].sample.time_ms > time_ms) {
        set->order[end] = set->order[end - 1];
        end--;
    }
    set->order[end] = row;
}

void row_set_sort(struct row_set *set)
{
    uint32_t begin = 0;

    for (uint32_t i = 0; i < set->node_count; i++) {
        set->nodes[i].begin = begin;
        begin += set->nodes[i].count;
        set->nodes[i].count = 0;
    }
    for (uint32_t i = 0; i < set->count; i++) {
        struct row_set_node *node = &set->nodes[set->rows[i].node];
        insert(set, node->begin, node->begin + node->count++, i);
    }
}
