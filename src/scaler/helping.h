/* Pure. Finds out whether more nodes help, and ends votes that do not.
 *
 * Saturation: the true demand of a saturated resource is unknown, so the fleet grows by half of what carries load, or
 * by less where the price of time above `high` is below 10: by a third at 2, by a quarter at 1. That is not repeated
 * before the last addition carries, for its weight, at least half of what the others do, or its lead time and warm-up
 * are over. Once two additions have not helped (sessions stick to their nodes, or a database is the limit), the growth
 * ends until the additions carry load.
 *
 * Memory and disk: nodes can be full without load. When nodes have come, cpu demand has not risen meanwhile, and the
 * mean per node has not fallen by half of what spreading would give, the resource's votes for more nodes end until it
 * has been below `high`, or for an hour. */
#ifndef SCALER_HELPING_H
#define SCALER_HELPING_H

#include "scaler/decision.h"

#include <stdbool.h>
#include <stdint.h>

/* One resource's saturation since it began. All zeros: there is none. */
struct saturation {
    unsigned vote;     /* the growth that is asked for; 0: there is no saturation */
    int64_t grown_ms;  /* when it was last raised */
    unsigned carriers; /* the settled nodes then, */
    double demand;     /* their demand, */
    double capacity;   /* and their weight */
    unsigned unhelped; /* additions in a row that have not helped */
};

/* One resource above its `high`. All zeros: it is not, and was not in the last hour. */
struct fullness {
    unsigned nodes; /* settled, when it began; 0: it has not */
    int64_t began_ms;
    double utilisation;
    double cpu;       /* demand then; 0: not reported */
    int64_t ended_ms; /* when its votes ended; 0: they have not */
};

struct helping {
    struct saturation saturation[RESOURCE_COUNT];
    struct fullness fullness[RESOURCE_COUNT]; /* of memory and disk */
};

/* After policy_observe() and policy_continue(). votes: of the saturated resources, 0 for the others that
 * nodes report; those of signals, which are never saturated, are left as they are. Sets d->unhelped. */
void helping_step(struct helping *helping, struct decision *d, unsigned votes[RESOURCE_COUNT]);

#endif
