#include "offline/scale_in_safety.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Keeps the resource and the time that come closest to `high`, or exceed it most. */
static void judge(struct scale_in_record *record, const struct scale_in_view *view)
{
    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++) {
        double high = view->thresholds[r].high, utilisation = view->demand[r] / view->ready;
        if (isnan(utilisation) || (record->worst_ms != 0 && utilisation / high <= record->utilisation / record->high))
            continue;
        record->worst_ms = view->now_ms;
        record->resource = r;
        record->high = high;
        record->utilisation = utilisation;
        record->before = view->demand[r] / record->from;
    }
}

void scale_in_safety_see(struct scale_in_safety *safety, const struct scale_in_view *view)
{
    while (safety->watched < safety->count &&
           view->now_ms - safety->records[safety->watched].time_ms > SCALE_IN_SAFETY_MS)
        safety->watched++;
    for (size_t i = safety->watched; i < safety->count; i++)
        if (view->ready < safety->records[i].from)
            judge(&safety->records[i], view);
}

int scale_in_safety_note(struct scale_in_safety *safety, int64_t now_ms, unsigned from, unsigned to)
{
    if (safety->count == safety->capacity) {
        size_t capacity = safety->capacity > 0 ? 2 * safety->capacity : 64;
        struct scale_in_record *records = reallocarray(safety->records, capacity, sizeof *records);
        if (records == NULL)
            return -ENOMEM;
        safety->records = records;
        safety->capacity = capacity;
    }
    safety->records[safety->count++] = (struct scale_in_record){.time_ms = now_ms, .from = from, .to = to};
    return 0;
}

bool scale_in_safety_was_above(const struct scale_in_record *record)
{
    return record->worst_ms != 0 && record->utilisation > record->high;
}

size_t scale_in_safety_count_above(const struct scale_in_safety *safety)
{
    size_t above = 0;

    for (size_t i = 0; i < safety->count; i++)
        above += scale_in_safety_was_above(&safety->records[i]);
    return above;
}

void scale_in_safety_deinit(struct scale_in_safety *safety)
{
    free(safety->records);
    *safety = (struct scale_in_safety){0};
}
