#include "collector/backlog.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int backlog_init(struct backlog *backlog, uint32_t capacity)
{
    *backlog = (struct backlog){.capacity = capacity};
    for (unsigned half = 0; half < 2; half++)
        backlog->rows[half] = calloc(capacity, sizeof(struct row));
    if (backlog->rows[0] != NULL && backlog->rows[1] != NULL)
        return 0;
    backlog_deinit(backlog);
    return -ENOMEM;
}

void backlog_deinit(struct backlog *backlog)
{
    free(backlog->rows[0]);
    free(backlog->rows[1]);
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
    backlog->writing = false;
    *half = done;
    return touched;
}
