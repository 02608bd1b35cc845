#include "collector/autoscale/victims.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_load(double a, double b)
{
    if (isnan(a) || isnan(b))
        return (isnan(a) != 0) - (isnan(b) != 0);
    return (a > b) - (a < b);
}

static int compare(const void *first, const void *second)
{
    const struct victim_candidate *a = first;
    const struct victim_candidate *b = second;

    if (a->is_warming != b->is_warming)
        return a->is_warming ? 1 : -1;
    if (a->known_ms != b->known_ms)
        return a->known_ms > b->known_ms ? -1 : 1;
    int by_load = compare_load(a->load, b->load);
    return by_load != 0 ? by_load : strcmp(a->node_id, b->node_id);
}

unsigned victims_choose(struct victim_candidate *candidates, unsigned count, unsigned wanted)
{
    unsigned ready = 0;

    if (count > 0)
        qsort(candidates, count, sizeof *candidates, compare);
    while (ready < count && ready < wanted && !candidates[ready].is_warming)
        ready++;
    return ready;
}
