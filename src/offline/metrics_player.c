#include "offline/metrics_player.h"

#include "collector/store/csv.h"
#include "common/compare.h"
#include "offline/metrics_row.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ABSENT UINT16_MAX

/* Percentages, in hundredths as in the file, and the application's numbers, NaN where absent: the scaler needs nothing
 * else. */
struct metrics_player_row {
    int64_t time_ms;
    size_t order; /* position in the files */
    uint32_t node;
    uint32_t group;
    float app_load;
    float app_capacity;
    uint16_t percent[METRIC_COUNT];
};

struct metrics_player_run {
    uint64_t instance;
    uint64_t seq;
    uint64_t uptime_ms;
    int64_t time_ms;
    struct metrics_player_run *next;
};

int metrics_player_init(struct metrics_player *player, int64_t history_ms, metrics_player_cb *on_row, void *arg)
{
    *player = (struct metrics_player){.on_row = on_row, .arg = arg};
    return registry_init(&player->registry, history_ms);
}

static void free_runs(struct metrics_player_run *run)
{
    while (run != NULL) {
        struct metrics_player_run *next = run->next;
        free(run);
        run = next;
    }
}

void metrics_player_deinit(struct metrics_player *player)
{
    for (unsigned i = 0; i < player->node_capacity; i++)
        free_runs(player->nodes[i].runs);
    registry_deinit(&player->registry);
    free(player->rows);
    free(player->nodes);
    *player = (struct metrics_player){0};
}

/* ---- reading ---- */

static int fail(char *error, size_t size, const char *what)
{
    snprintf(error, size, "%s", what);
    return -EINVAL;
}

static int grow(struct metrics_player *player)
{
    if (player->count == player->capacity) {
        size_t capacity = player->capacity > 0 ? 2 * player->capacity : 4096;
        struct metrics_player_row *rows = reallocarray(player->rows, capacity, sizeof *rows);
        if (rows == NULL)
            return -ENOMEM;
        player->rows = rows;
        player->capacity = capacity;
    }
    if (player->registry.node_count < player->node_capacity)
        return 0;
    unsigned capacity = player->node_capacity > 0 ? 2 * player->node_capacity : 64;
    struct metrics_player_node *nodes = reallocarray(player->nodes, capacity, sizeof *nodes);
    if (nodes == NULL)
        return -ENOMEM;
    memset(nodes + player->node_capacity, 0, (capacity - player->node_capacity) * sizeof *nodes);
    player->nodes = nodes;
    player->node_capacity = capacity;
    return 0;
}

/* The run of that instance, moved to the front; NULL: none. */
static struct metrics_player_run *find_run(struct metrics_player_node *node, uint64_t instance)
{
    struct metrics_player_run **at = &node->runs;

    while (*at != NULL && (*at)->instance != instance)
        at = &(*at)->next;
    struct metrics_player_run *run = *at;
    if (run == NULL)
        return NULL;
    *at = run->next;
    run->next = node->runs;
    node->runs = run;
    return run;
}

static struct metrics_player_run *make_run(struct metrics_player_node *node, uint64_t instance)
{
    struct metrics_player_run *run = calloc(1, sizeof *run);

    if (run == NULL)
        return NULL;
    run->instance = instance;
    run->next = node->runs;
    node->runs = run;
    return run;
}

/* 0, or -EINVAL: the row can't follow the previous one of its run. */
static int check_run(const struct metrics_player_run *run, const struct sample *sample, char *error, size_t size)
{
    if (run == NULL || run->seq == 0)
        return 0;
    if (sample->seq <= run->seq) {
        snprintf(error, size, "seq decreases from %" PRIu64 " to %" PRIu64 "; is a file given twice, or out of order?",
                 run->seq, sample->seq);
        return -EINVAL;
    }
    if (sample->uptime_ms < run->uptime_ms || sample->uptime_ms - run->uptime_ms > (uint64_t)SAMPLE_AGE_MS_MAX)
        return fail(error, size, "uptime decreases, or jumps ahead by a year, within an instance");
    return 0;
}

static void note_gap(struct metrics_player_node *node, uint64_t ms)
{
    if (node->gap_count < METRICS_PLAYER_GAPS && ms >= INTERVAL_MS_MIN && ms <= INTERVAL_MS_MAX)
        node->gap_ms[node->gap_count++] = (uint32_t)ms;
}

static int64_t follow_run(struct metrics_player_run *run, struct metrics_player_node *node, const struct sample *sample)
{
    int64_t time_ms = sample->time_ms;

    if (run->seq > 0) {
        time_ms = run->time_ms + (int64_t)(sample->uptime_ms - run->uptime_ms);
        if (sample->seq == run->seq + 1)
            note_gap(node, sample->uptime_ms - run->uptime_ms);
    }
    run->seq = sample->seq;
    run->uptime_ms = sample->uptime_ms;
    run->time_ms = time_ms;
    return time_ms;
}

static float gauge_of(const struct sample *sample, enum metric metric)
{
    return sample_has(sample, metric) ? (float)sample->value[metric].gauge : NAN;
}

static void put_values(struct metrics_player_row *row, const struct sample *sample)
{
    row->app_load = gauge_of(sample, METRIC_APP_LOAD);
    row->app_capacity = gauge_of(sample, METRIC_APP_CAPACITY);
    for (unsigned m = 0; m < METRIC_COUNT; m++)
        row->percent[m] = sample_has(sample, m) && metric_table[m].kind == METRIC_PERCENT
                              ? (uint16_t)lround(sample->value[m].gauge * 100.0)
                              : ABSENT;
}

int metrics_player_add(struct metrics_player *player, const char *line, size_t len, char *error, size_t size)
{
    struct registry *registry = &player->registry;
    struct csv_row row;

    int rc = metrics_row_read(line, len, &row, error, size);
    if (rc != 0)
        return rc;
    const char *name = player->on_row != NULL ? player->on_row(row.node_id, row.group, player->arg) : row.group;
    if (name == NULL)
        return 0;
    const struct node *known = registry_find_node(registry, row.node_id);
    struct metrics_player_run *run = known != NULL ? find_run(&player->nodes[known->index], row.instance) : NULL;
    rc = check_run(run, &row.sample, error, size);
    if (rc != 0)
        return rc;

    rc = grow(player);
    if (rc != 0)
        return rc;
    const struct group *group = registry_ensure_group(registry, name);
    if (group == NULL)
        return registry->group_count == GROUPS_MAX ? fail(error, size, "more groups than the collector can hold")
                                                   : -ENOMEM;
    const struct node *node = registry_ensure_node(registry, row.node_id, INTERVAL_MS_ASSUMED, 0);
    if (node == NULL)
        return registry->node_count == NODES_MAX ? fail(error, size, "more nodes than the collector can hold")
                                                 : -ENOMEM;
    if (run == NULL)
        run = make_run(&player->nodes[node->index], row.instance);
    if (run == NULL)
        return -ENOMEM;

    struct metrics_player_row *added = &player->rows[player->count];
    *added = (struct metrics_player_row){.order = player->count, .node = node->index, .group = group->index};
    added->time_ms = follow_run(run, &player->nodes[node->index], &row.sample);
    put_values(added, &row.sample);
    player->count++;
    return 0;
}

/* ---- playing ---- */

static int by_time(const void *a, const void *b)
{
    const struct metrics_player_row *x = a, *y = b;

    if (x->time_ms != y->time_ms)
        return x->time_ms < y->time_ms ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

/* Nodes that report soon after the first one count as known before the recording. */
static void note_fleet(struct metrics_player *player)
{
    int64_t first_ms = player->count > 0 ? metrics_player_first_ms(player) : 0;

    for (size_t i = 0; i < player->count && player->rows[i].time_ms <= first_ms + STARTING_MS; i++) {
        const struct metrics_player_row *row = &player->rows[i];
        struct node *node = player->registry.nodes[row->node];
        if (node->recovered || row->time_ms > first_ms + registry_live_ms(node))
            continue;
        node->recovered = true;
        node->known_ms = first_ms;
        node->group = player->registry.groups[row->group];
    }
}

void metrics_player_begin(struct metrics_player *player)
{
    if (player->count > 0)
        qsort(player->rows, player->count, sizeof *player->rows, by_time);
    for (unsigned i = 0; i < player->registry.node_count; i++) {
        struct metrics_player_node *node = &player->nodes[i];
        if (node->gap_count == 0)
            continue;
        qsort(node->gap_ms, node->gap_count, sizeof *node->gap_ms, compare_u32);
        player->registry.nodes[i]->interval_ms = node->gap_ms[node->gap_count / 2];
    }
    note_fleet(player);
    player->played = 0;
}

int64_t metrics_player_first_ms(const struct metrics_player *player)
{
    return player->rows[0].time_ms;
}

int64_t metrics_player_last_ms(const struct metrics_player *player)
{
    return player->rows[player->count - 1].time_ms;
}

static int play_row(struct registry *registry, const struct metrics_player_row *row)
{
    struct node *node = registry->nodes[row->node];
    struct sample sample = {.time_ms = row->time_ms};

    for (unsigned m = 0; m < METRIC_COUNT; m++)
        if (row->percent[m] != ABSENT)
            sample_set_gauge(&sample, m, row->percent[m] / 100.0);
    if (!isnan(row->app_load))
        sample_set_gauge(&sample, METRIC_APP_LOAD, (double)row->app_load);
    if (!isnan(row->app_capacity))
        sample_set_gauge(&sample, METRIC_APP_CAPACITY, (double)row->app_capacity);
    if (registry_ready_ring(registry, node) != 0)
        return -ENOMEM;
    node->group = registry->groups[row->group];
    node->reported = true;
    node->seen_ms = row->time_ms;
    (void)ring_push(&node->ring, row->time_ms, &sample);
    return 0;
}

int metrics_player_play(struct metrics_player *player, int64_t now_ms)
{
    for (; player->played < player->count; player->played++) {
        const struct metrics_player_row *row = &player->rows[player->played];
        if (row->time_ms > now_ms)
            break;
        int rc = play_row(&player->registry, row);
        if (rc != 0)
            return rc;
    }
    return 0;
}
