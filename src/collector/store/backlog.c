#include "collector/store/backlog.h"

#include "common/prefetch.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define ROWS_PER_GAP 32U /* with the least credit, each agent may then have one at the same time */
#define AHEAD        8U  /* instances that are prefetched */

int backlog_init(struct backlog *backlog, uint32_t capacity)
{
    *backlog = (struct backlog){.capacity = capacity, .gap_capacity = capacity / ROWS_PER_GAP + 2 * GAP_RANGES_MAX};
    for (unsigned half = 0; half < 2; half++) {
        backlog->rows[half] = calloc(capacity, sizeof(struct row));
        backlog->gaps[half] = calloc(backlog->gap_capacity, sizeof(struct gap));
        backlog->touched[half].at = calloc(capacity + backlog->gap_capacity, sizeof(struct instance *));
        if (backlog->rows[half] == NULL || backlog->gaps[half] == NULL || backlog->touched[half].at == NULL) {
            backlog_deinit(backlog);
            return -ENOMEM;
        }
    }
    return 0;
}

void backlog_deinit(struct backlog *backlog)
{
    for (unsigned half = 0; half < 2; half++) {
        free(backlog->rows[half]);
        free(backlog->gaps[half]);
        free(backlog->touched[half].at);
    }
    *backlog = (struct backlog){0};
}

static void touch(struct backlog *backlog, struct instance *instance)
{
    unsigned half = backlog->filling;

    if (instance->half[half].rows + instance->half[half].gaps > 0)
        return;
    instance->half[half].last_seq = 0;
    instance->half[half].missing_before = instance->missing_seq;
    backlog->touched[half].at[backlog->touched[half].count++] = instance;
}

bool backlog_add(struct backlog *backlog, struct instance *instance, const struct group *group,
                 const struct sample *sample)
{
    unsigned half = backlog->filling;

    if (backlog->count[half] == backlog->capacity)
        return false;
    touch(backlog, instance);
    instance->half[half].rows++;
    instance->half[half].last_seq = sample->seq;
    instance->half[half].last_time_ms = sample->time_ms;
    instance->pending++;
    backlog->orphans += instance->intake == NULL;
    backlog->rows[half][backlog->count[half]++] = (struct row){.instance = instance, .group = group, .sample = *sample};
    return true;
}

void backlog_add_gap(struct backlog *backlog, struct instance *instance, const struct gap *gap)
{
    unsigned half = backlog->filling;

    assert(backlog_gap_room(backlog, instance) > 0);
    touch(backlog, instance);
    instance->half[half].gaps++;
    backlog->gaps[half][backlog->gap_count[half]++] = *gap;
}

uint32_t backlog_gap_room(const struct backlog *backlog, const struct instance *instance)
{
    unsigned half = backlog->filling;
    uint32_t all = backlog->gap_capacity - backlog->gap_count[half];
    uint32_t own = GAPS_PER_INSTANCE_MAX - instance->half[half].gaps;

    return all < own ? all : own;
}

void backlog_adopt(struct backlog *backlog, struct instance *instance, struct intake *intake)
{
    backlog->orphans -= instance->pending;
    instance->intake = intake;
}

void backlog_orphan(struct backlog *backlog, struct instance *instance, const struct intake *intake)
{
    if (instance->intake != intake)
        return;
    backlog->orphans += instance->pending;
    instance->intake = NULL;
}

void backlog_take(struct backlog *backlog, const struct row **rows, uint32_t *count)
{
    assert(!backlog->writing);
    *rows = backlog->rows[backlog->filling];
    *count = backlog->count[backlog->filling];
    backlog->filling ^= 1U;
    backlog->writing = true;
}

const struct gap *backlog_taken_gaps(const struct backlog *backlog, uint32_t *count)
{
    unsigned out = backlog->filling ^ 1U;

    assert(backlog->writing);
    *count = backlog->gap_count[out];
    return backlog->gaps[out];
}

static void note_stored(struct backlog *backlog, struct instance *instance, unsigned half, uint64_t segment)
{
    struct backlog_place *place = &instance->half[half];

    if (place->rows > 0) {
        instance->stored_seq = place->last_seq;
        instance->stored_time_ms = place->last_time_ms;
        instance->segment = segment;
    }
    instance->pending -= place->rows;
    if (instance->intake == NULL)
        backlog->orphans -= place->rows;
    place->rows = 0;
    place->gaps = 0;
}

struct backlog_instances backlog_stored(struct backlog *backlog, uint64_t segment)
{
    unsigned done = backlog->filling ^ 1U;
    struct backlog_instances touched = backlog->touched[done];

    assert(backlog->writing);
    for (uint32_t i = 0; i < touched.count; i++) {
        if (i + AHEAD < touched.count)
            prefetch(&touched.at[i + AHEAD]->stored_seq,
                     offsetof(struct instance, received_seq) - offsetof(struct instance, stored_seq));
        note_stored(backlog, touched.at[i], done, segment);
    }
    backlog->touched[done].count = 0;
    backlog->count[done] = 0;
    backlog->gap_count[done] = 0;
    backlog->writing = false;
    return touched;
}
