/* Pure. Judges the scale-ins of a replayed fleet: whether those that stayed would have been above `high` afterwards.
 *
 * A scale-in is watched for 10 minutes, as long as fewer nodes are ready than before it. What counts is the demand that
 * was recorded, spread over the nodes that are ready in the replayed fleet. */
#ifndef OFFLINE_SCALE_IN_SAFETY_H
#define OFFLINE_SCALE_IN_SAFETY_H

#include "scaler/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCALE_IN_SAFETY_MS INT64_C(600000)

/* One scale-in, with the time after it at which utilisation was highest, relative to `high`. */
struct scale_in_record {
    int64_t time_ms;
    unsigned from, to; /* ready nodes */
    int64_t worst_ms;  /* 0: nothing was seen after it */
    enum resource resource;
    double high;        /* of that resource */
    double utilisation; /* of those that were ready */
    double before;      /* what it would have been with `from` nodes */
};

/* All zeros: empty. */
struct scale_in_safety {
    struct scale_in_record *records; /* owned */
    size_t count;
    size_t capacity;
    size_t watched; /* the first that may be watched yet */
};

/* What a tick shows: the demand of each resource that nodes report, in nodes, NAN where there is none. */
struct scale_in_view {
    int64_t now_ms;
    unsigned ready; /* in the replayed fleet, at least 1 */
    double demand[RESOURCE_NODE_COUNT];
    const struct thresholds *thresholds; /* of these resources */
};

/* Takes a tick, before its decision is carried out. */
void scale_in_safety_see(struct scale_in_safety *safety, const struct scale_in_view *view);

/* Notes a scale-in at the tick that was seen last. 0 or -ENOMEM. */
int scale_in_safety_note(struct scale_in_safety *safety, int64_t now_ms, unsigned from, unsigned to);

/* Whether utilisation was above `high` after a scale-in. */
bool scale_in_safety_was_above(const struct scale_in_record *record);
size_t scale_in_safety_count_above(const struct scale_in_safety *safety);

void scale_in_safety_deinit(struct scale_in_safety *safety);

#endif
