#include "offline/recorded_demand.h"

#include "common/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERVALS  3    /* for which a silent node counts */
#define MARGIN     4U   /* steps at both ends that are left out */
#define SATURATION 0.99 /* as in policy.c */

struct recorded_node {
    int64_t step; /* that its sums are of; meaningless while count is 0 */
    unsigned group;
    unsigned count; /* samples in the sum */
    double sum;     /* of utilisations */
    uint64_t instance;
    uint64_t seq;
    int64_t time_ms;     /* of its last sample */
    int64_t interval_ms; /* the shortest time between two consecutive samples; 0: not known */
};

struct cell {
    double demand;
    unsigned nodes;
};

struct recorded_group {
    int64_t first; /* step of the first cell, in Unix time; meaningless while count is 0 */
    size_t count;
    size_t capacity;
    struct cell *cells;
};

int recorded_demand_init(struct recorded_demand *recorded)
{
    *recorded = (struct recorded_demand){0};
    int rc = registry_init(&recorded->registry, REPLAY_STEP_MS);
    if (rc != 0)
        return rc;
    recorded->groups = calloc(GROUPS_MAX, sizeof *recorded->groups);
    if (recorded->groups == NULL) {
        registry_deinit(&recorded->registry);
        return -ENOMEM;
    }
    return 0;
}

void recorded_demand_deinit(struct recorded_demand *recorded)
{
    for (unsigned i = 0; recorded->groups != NULL && i < GROUPS_MAX; i++)
        free(recorded->groups[i].cells);
    free(recorded->groups);
    free(recorded->nodes);
    registry_deinit(&recorded->registry);
    *recorded = (struct recorded_demand){0};
}

/* ---- cells ---- */

/* Makes room for `more` cells in front of the others, or behind them. */
static int grow(struct recorded_group *group, size_t more, bool in_front)
{
    size_t count = group->count + more;

    if (count > group->capacity) {
        size_t capacity = count + count / 2 + 1024;
        struct cell *cells = reallocarray(group->cells, capacity, sizeof *cells);
        if (cells == NULL)
            return -ENOMEM;
        group->cells = cells;
        group->capacity = capacity;
    }
    if (in_front) {
        memmove(group->cells + more, group->cells, group->count * sizeof *group->cells);
        group->first -= (int64_t)more;
    }
    memset(group->cells + (in_front ? 0 : group->count), 0, more * sizeof *group->cells);
    group->count = count;
    return 0;
}

static int add_cell(struct recorded_group *group, int64_t step, double utilisation)
{
    int rc = 0;

    if (group->count == 0)
        group->first = step;
    if (step < group->first) /* some more, so that earlier rows do not move the cells one by one */
        rc = grow(group, (size_t)(group->first - step) + group->count / 2, true);
    else if (step - group->first >= (int64_t)group->count)
        rc = grow(group, (size_t)(step - group->first) - group->count + 1, false);
    if (rc != 0)
        return rc;
    struct cell *cell = &group->cells[step - group->first];
    cell->demand += utilisation;
    cell->nodes++;
    return 0;
}

/* ---- rows ---- */

/* Ends a node's step. It counts in the following ones, too, before `until`. */
static int end_step(struct recorded_demand *recorded, struct recorded_node *node, int64_t until)
{
    int rc = 0;

    if (node->count == 0)
        return 0;
    double mean = node->sum / node->count;
    for (int64_t step = node->step; step < until && rc == 0; step++)
        rc = add_cell(&recorded->groups[node->group], step, mean);
    node->count = 0;
    node->sum = 0.0;
    return rc;
}

static struct recorded_node *ensure_node(struct recorded_demand *recorded, const char *id)
{
    const struct node *node = registry_ensure_node(&recorded->registry, id, INTERVAL_MS_ASSUMED, 0);

    if (node == NULL)
        return NULL;
    if (node->index >= recorded->node_capacity) {
        unsigned capacity = node->index < 32 ? 64 : 2 * node->index;
        struct recorded_node *nodes = reallocarray(recorded->nodes, capacity, sizeof *nodes);
        if (nodes == NULL)
            return NULL;
        memset(nodes + recorded->node_capacity, 0, (capacity - recorded->node_capacity) * sizeof *nodes);
        recorded->nodes = nodes;
        recorded->node_capacity = capacity;
    }
    return &recorded->nodes[node->index];
}

/* Whether all cells of the group fit with one for that step, too. */
static bool is_near(const struct recorded_group *group, int64_t step)
{
    return group->count == 0 || (step - group->first < (int64_t)REPLAY_STEPS_MAX &&
                                 group->first + (int64_t)group->count - step < (int64_t)REPLAY_STEPS_MAX);
}

static int check(const struct recorded_node *node, const struct csv_row *row, const struct recorded_group *group,
                 int64_t step, char *error, size_t size)
{
    if (node->instance == row->instance && row->sample.seq <= node->seq)
        snprintf(error, size, "seq decreases from %" PRIu64 " to %" PRIu64 "; is a file given twice, or out of order?",
                 node->seq, row->sample.seq);
    else if (!is_near(group, step))
        snprintf(error, size, "timestamp is years away from the rows before: a clock was wrong");
    else
        return 0;
    return -EINVAL;
}

static void note_interval(struct recorded_node *node, const struct csv_row *row)
{
    int64_t gap_ms = row->sample.time_ms - node->time_ms;

    if (node->instance == row->instance && row->sample.seq == node->seq + 1 && gap_ms > 0 &&
        (node->interval_ms == 0 || gap_ms < node->interval_ms))
        node->interval_ms = gap_ms;
}

int recorded_demand_add(struct recorded_demand *recorded, const struct csv_row *row, const char *group_name,
                        char *error, size_t size)
{
    const struct group *group = registry_ensure_group(&recorded->registry, group_name);
    struct recorded_node *node = ensure_node(recorded, row->node_id);
    const struct sample *sample = &row->sample;
    int64_t step = sample->time_ms / REPLAY_STEP_MS;

    if (group == NULL || node == NULL)
        return -ENOMEM;
    int rc = check(node, row, &recorded->groups[group->index], step, error, size);
    if (rc != 0)
        return rc;
    if (!sample_has(sample, METRIC_CPU))
        return 0;
    note_interval(node, row);
    if (node->count > 0 && (step != node->step || group->index != node->group)) {
        bool held = step > node->step && sample->time_ms - node->time_ms <= INTERVALS * node->interval_ms;
        rc = end_step(recorded, node, held ? step : node->step + 1);
    }
    node->step = step;
    node->group = group->index;
    node->sum += sample->value[METRIC_CPU].gauge / 100.0;
    node->count++;
    node->instance = row->instance;
    node->seq = sample->seq;
    node->time_ms = sample->time_ms;
    return rc;
}

int recorded_demand_end(struct recorded_demand *recorded)
{
    int rc = 0;

    for (unsigned i = 0; i < recorded->registry.node_count && i < recorded->node_capacity && rc == 0; i++)
        rc = end_step(recorded, &recorded->nodes[i], recorded->nodes[i].step + 1);
    return rc;
}

/* ---- the result ---- */

struct span {
    size_t from, to; /* cells; to: behind the last one */
};

static struct span span_of(const struct recorded_group *group)
{
    struct span span = {0, group->count};

    while (span.from < span.to && group->cells[span.from].nodes == 0)
        span.from++;
    if (span.to - span.from > 4 * (size_t)MARGIN) {
        span.from += MARGIN;
        span.to -= MARGIN;
    }
    return span;
}

int recorded_demand_trace(const struct recorded_demand *recorded, unsigned index, struct trace *trace)
{
    const struct recorded_group *group = &recorded->groups[index];
    struct span span = span_of(group);
    struct trace made = {0};
    int rc = 0;

    for (size_t i = span.from; i < span.to && rc == 0; i++)
        if (group->cells[i].nodes > 0)
            rc = trace_add(&made, (double)(i - span.from) * REPLAY_STEP_S, group->cells[i].demand);
    if (rc != 0)
        trace_deinit(&made);
    else
        *trace = made;
    return rc;
}

struct recorded_summary recorded_demand_summary(const struct recorded_demand *recorded, unsigned index, double limit)
{
    const struct recorded_group *group = &recorded->groups[index];
    struct span span = span_of(group);
    struct recorded_summary summary = {.first_ms = (group->first + (int64_t)span.from) * REPLAY_STEP_MS,
                                       .steps = span.to - span.from};

    for (size_t i = span.from; i < span.to; i++) {
        const struct cell *cell = &group->cells[i];
        if (cell->nodes == 0)
            continue;
        summary.seen++;
        summary.nodes += cell->nodes;
        summary.above += cell->demand > limit * cell->nodes;
        summary.saturated += cell->demand >= SATURATION * cell->nodes;
    }
    if (summary.seen > 0) {
        summary.nodes /= (double)summary.seen;
        summary.above /= (double)summary.seen;
        summary.saturated /= (double)summary.seen;
    }
    return summary;
}
