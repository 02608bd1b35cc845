#include "scaler/victims.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_doubles(double a, double b)
{
    if (isnan(a) || isnan(b))
        return (isnan(a) != 0) - (isnan(b) != 0);
    return (a > b) - (a < b);
}

static bool may_go(const struct victim_candidate *candidate)
{
    return !candidate->excluded && !candidate->warming;
}

/* Those that may not go come last. */
static int compare(const struct victim_candidate *a, const struct victim_candidate *b, int by_age)
{
    int order = may_go(b) - may_go(a);

    if (order == 0)
        order = by_age;
    if (order == 0)
        order = compare_doubles(a->busiest, b->busiest);
    return order != 0 ? order : strcmp(a->node_id, b->node_id);
}

static int age(const void *first, const void *second)
{
    const struct victim_candidate *a = first;
    const struct victim_candidate *b = second;

    return (a->known_ms > b->known_ms) - (a->known_ms < b->known_ms);
}

static int least_loaded_first(const void *first, const void *second)
{
    return compare(first, second, 0);
}

static int newest_first(const void *first, const void *second)
{
    return compare(first, second, -age(first, second));
}

static int oldest_first(const void *first, const void *second)
{
    return compare(first, second, age(first, second));
}

typedef int compare_cb(const void *first, const void *second);

static compare_cb *const orders[] = {[VICTIMS_LEAST_LOADED] = least_loaded_first,
                                     [VICTIMS_NEWEST] = newest_first,
                                     [VICTIMS_OLDEST] = oldest_first,
                                     [VICTIMS_ANY] = least_loaded_first};

void victims_choose(struct decision *d, struct victim_candidate *candidates, unsigned count)
{
    unsigned wanted = d->current - d->desired;
    unsigned allowed = 0;

    if (count > 1)
        qsort(candidates, count, sizeof *candidates, orders[d->settings.victims]);
    while (allowed < count && allowed < wanted && may_go(&candidates[allowed]))
        allowed++;
    d->victims = allowed;
    d->desired = d->current - allowed;
    d->to = d->desired;
    if (allowed == 0)
        d->action = ACTION_HOLD;
}
