/* Pure. What metrics.csv tells of a fleet, played again in the order of time: a registry, as the collector had it.
 *
 * A sample counts at the time that its node's wall clock gave, as far as the first of its run is concerned; the others
 * of the run follow by the clock that never steps. The collector may have had it later. What the files do not tell:
 * cores and memory, so that all nodes have the same weight, and goodbyes, so that a node that has gone is stale until
 * it counts as gone. How often a node samples is the median of what its first samples tell. Nodes that report soon
 * after the recording begins were there before, and are waited for as after a start of the collector. */
#ifndef OFFLINE_METRICS_PLAYER_H
#define OFFLINE_METRICS_PLAYER_H

#include "collector/fleet/registry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define METRICS_PLAYER_GAPS 15U /* between a node's first samples, of which the median is taken */

struct metrics_player_row;
struct metrics_player_run;

struct metrics_player_node {
    unsigned gap_count;
    uint32_t gap_ms[METRICS_PLAYER_GAPS];
    struct metrics_player_run *runs; /* of its agent, the last one used first */
};

/* The group that a row counts for, of the node and the group that the row tells; NULL: the row is of no interest. What
 * it returns outlives the call only as a copy. */
typedef const char *metrics_player_cb(const char *node_id, const char *group, void *arg);

struct metrics_player {
    struct registry registry;
    metrics_player_cb *on_row; /* may be NULL: rows count for the group they tell */
    void *arg;
    struct metrics_player_row *rows;
    size_t count;
    size_t capacity;
    size_t played;
    struct metrics_player_node *nodes; /* by the registry's index */
    unsigned node_capacity;
};

/* history_ms: of the rings. 0 or -ENOMEM; metrics_player_deinit() frees what it holds. */
int metrics_player_init(struct metrics_player *player, int64_t history_ms, metrics_player_cb *on_row, void *arg);
void metrics_player_deinit(struct metrics_player *player);

/* Takes a row, without its line end. 0, -ENOMEM, or -EINVAL with what is wrong in error; then nothing has changed. */
int metrics_player_add(struct metrics_player *player, const char *line, size_t len, char *error, size_t size);

/* After the last row, and before what follows: puts all rows in order. */
void metrics_player_begin(struct metrics_player *player);

/* Wall clock in milliseconds, of the first row and the last. There is a row. */
int64_t metrics_player_first_ms(const struct metrics_player *player);
int64_t metrics_player_last_ms(const struct metrics_player *player);

/* The registry as of that time, which doesn't fall from call to call. 0 or -ENOMEM. */
int metrics_player_play(struct metrics_player *player, int64_t now_ms);

#endif
