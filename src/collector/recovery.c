#include "collector/recovery.h"

#include "collector/csv.h"
#include "collector/lines.h"

#include <errno.h>
#include <stdlib.h>

#define ASSUMED_INTERVAL_MS 1000U /* until the node's Hello says more */

struct recovery {
    struct registry *registry;
    struct recovery_report *report;
    struct lines *lines;
    int64_t wall_to_mono_ms;
    int64_t now_ms;
    int64_t newest_ms; /* of all samples, monotonic */
};

bool recovery_row_ok(const char *row, size_t len)
{
    struct csv_row parsed;

    return csv_parse_row(row, len, &parsed) == 0;
}

/* 0 or -ENOMEM. */
static int take_row(struct recovery *recovery, const struct csv_row *row)
{
    struct group *group = registry_group(recovery->registry, row->group);
    struct node *node =
        group != NULL ? registry_node(recovery->registry, row->node_id, ASSUMED_INTERVAL_MS, recovery->now_ms) : NULL;
    int64_t taken_ms = row->sample.time_ms + recovery->wall_to_mono_ms;
    if (taken_ms > recovery->now_ms)
        taken_ms = recovery->now_ms;
    struct instance *instance = node != NULL ? registry_instance(node, row->instance) : NULL;

    if (instance == NULL)
        return -ENOMEM;
    if (row->sample.seq > instance->stored_seq)
        instance->stored_seq = row->sample.seq;
    instance->received_seq = instance->stored_seq;
    if (node->group == NULL || taken_ms > node->seen_ms)
        node->seen_ms = taken_ms;
    node->group = group;
    node->recovered = true;
    if (taken_ms > recovery->newest_ms)
        recovery->newest_ms = taken_ms;
    if (recovery->now_ms - taken_ms <= recovery->registry->history_ms)
        ring_push(&node->ring, taken_ms, &row->sample);
    recovery->report->rows++;
    return 0;
}

static int recovery_on_file(int fd, const char *file_name, void *arg)
{
    struct recovery *recovery = arg;
    struct lines *lines = recovery->lines;
    struct csv_row row;
    const char *line = NULL;
    size_t len = 0;
    bool whole = false;
    bool header = true;

    (void)file_name;
    lines_init(lines, fd);
    while (lines_next(lines, &line, &len, &whole)) {
        if (header) {
            header = false;
            continue;
        }
        if (!whole || csv_parse_row(line, len, &row) < 0) {
            recovery->report->bad_rows++;
            continue;
        }
        int rc = take_row(recovery, &row);
        if (rc < 0)
            return rc;
    }
    return lines->error;
}

/* The collector may have been down for long: what counts is how long a node was silent when the store ended. */
static void part_from_gone(const struct recovery *recovery, int64_t gone_ms)
{
    for (unsigned i = 0; i < recovery->registry->node_count; i++) {
        struct node *node = recovery->registry->nodes[i];
        if (recovery->newest_ms - node->seen_ms > gone_ms)
            node->departed = true;
    }
}

int recovery_run(const struct segments *segments, struct registry *registry, int64_t now_ms, int64_t wall_ms,
                 int64_t gone_ms, struct recovery_report *report)
{
    struct recovery recovery = {.registry = registry,
                                .report = report,
                                .lines = malloc(sizeof(struct lines)),
                                .wall_to_mono_ms = now_ms - wall_ms,
                                .now_ms = now_ms,
                                .newest_ms = INT64_MIN / 2};

    *report = (struct recovery_report){0};
    if (recovery.lines == NULL)
        return -ENOMEM;
    int rc = segments_each(segments, recovery_on_file, &recovery);
    if (rc == 0)
        part_from_gone(&recovery, gone_ms);
    free(recovery.lines);
    return rc;
}
