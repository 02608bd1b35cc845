/* Pure. Replays the rows of metrics.csv in order of time into a registry like the collector's.
 *
 * The first sample of a run counts at its node's wall-clock time; the others of the run follow by the uptime, which
 * never steps. The collector may have received them later. The files contain neither cores and memory, so all nodes
 * have the same weight, nor goodbyes, so a node that left is missing until it is given up. The sample interval of a
 * node is the median of its first intervals. Nodes that report soon after the start of the recording count as known
 * before it: the player waits for them as a collector does after its start. */
#ifndef OFFLINE_METRICS_PLAYER_H
#define OFFLINE_METRICS_PLAYER_H

#include "collector/fleet/registry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define METRICS_PLAYER_GAPS 15U /* first intervals of a node, whose median is taken */

struct metrics_player_row;
struct metrics_player_run;

struct metrics_player_node {
    unsigned gap_count;
    uint32_t gap_ms[METRICS_PLAYER_GAPS];
    struct metrics_player_run *runs; /* of its agent, most recently used first */
};

/* Returns the group that a row counts for, given its node and its group; NULL: skip the row. The name is copied. */
typedef const char *metrics_player_cb(const char *node_id, const char *group, void *arg);

struct metrics_player {
    struct registry registry;
    metrics_player_cb *on_row; /* NULL: rows count for their own group */
    void *arg;
    struct metrics_player_row *rows;
    size_t count;
    size_t capacity;
    size_t played;
    struct metrics_player_node *nodes; /* by the registry's index */
    unsigned node_capacity;
};

/* history_ms: of the rings. 0 or -ENOMEM. metrics_player_deinit() frees its memory. */
int metrics_player_init(struct metrics_player *player, int64_t history_ms, metrics_player_cb *on_row, void *arg);
void metrics_player_deinit(struct metrics_player *player);

/* Adds a row, without its line end. 0, -ENOMEM, or -EINVAL with the reason in error; then nothing has changed. */
int metrics_player_add(struct metrics_player *player, const char *line, size_t len, char *error, size_t size);

/* Sorts the rows. To be called after the last row and before the functions below. */
void metrics_player_begin(struct metrics_player *player);

/* Wall-clock times of the first and the last row, in milliseconds. At least one row is needed. */
int64_t metrics_player_first_ms(const struct metrics_player *player);
int64_t metrics_player_last_ms(const struct metrics_player *player);

/* Plays the rows up to that time, which must not decrease from call to call. 0 or -ENOMEM. */
int metrics_player_play(struct metrics_player *player, int64_t now_ms);

#endif
