#include "collector/backlog.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int backlog_init(struct backlog *backlog, uint32_t capacity)
{
    *backlog = (struct backlog){.capacity = capacity};
    for (unsigned half = 0; half < 2; half++) {
        backlog->rows[half] = calloc(capacity, sizeof(struct row));
        backlog->gaps[half] = calloc(GAPS_MAX, sizeof(struct gap));
        if (backlog->rows[half] == NULL || backlog->gaps[half] == NULL) {
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
    }
    *backlog = (struct backlog){0};
}

bool backlog_add(struct backlog *backlog, struct instance *instance, const struct group *group,
                 const struct sample *sample)
{
    unsigned half = backlog->filling;

    if (backlog->count[half] == backlog->capacity)
        return false;
    if (instance->half[half].rows == 0) {
        instance->half[half].next = backlog->touched[half];
        backlog->touched[half] = instance;
    }
    instance->half[half].rows++;
    instance->half[half].last_seq = sample->seq;
    instance->half[half].last_time_ms = sample->time_ms;
    instance->pending++;
    backlog->rows[half][backlog->count[half]++] = (struct row){.instance = instance, .group = group, .sample = *sample};
    return true;
}

bool backlog_add_gap(struct backlog *backlog, const struct gap *gap)
{
    unsigned half = backlog->filling;

    if (backlog->gap_count[half] == GAPS_MAX)
        return false;
    backlog->gaps[half][backlog->gap_count[half]++] = *gap;
    return true;
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

struct instance *backlog_stored(struct backlog *backlog, unsigned *half)
{
    unsigned done = backlog->filling ^ 1U;
    struct instance *touched = backlog->touched[done];

    assert(backlog->writing);
    for (struct instance *instance = touched; instance != NULL; instance = instance->half[done].next) {
        instance->stored_seq = instance->half[done].last_seq;
        instance->stored_time_ms = instance->half[done].last_time_ms;
        instance->pending -= instance->half[done].rows;
        if (instance->intake == NULL)
            backlog->orphans -= instance->half[done].rows;
        instance->half[done].rows = 0;
    }
    backlog->touched[done] = NULL;
    backlog->count[done] = 0;
    backlog->gap_count[done] = 0;
    backlog->writing = false;
    *half = done;
    return touched;
}
