/* Pure. What a group makes of nodes that were moved to another group. They were moved on purpose, so it orders nothing
 * in their place: they are no longer desired here, and the demand that went with them is no trend. */
#ifndef SCALER_REGROUPED_H
#define SCALER_REGROUPED_H

#include "scaler/decision.h"

#include <stdbool.h>
#include <stdint.h>

/* All zeros: no node was moved. */
struct regrouped {
    unsigned before;  /* nodes that had changed their group when this one last had its minimum; not saved */
    int64_t moved_ms; /* the last tick at which nodes were moved away; 0: never */
    bool is_emptied;  /* the last node was moved away, and none has come since */
};

/* Takes the tick's observation after policy_observe(). Sets d->observed.regrouped, d->is_emptied and d->is_regrouping.
 */
void regrouped_step(struct regrouped *regrouped, struct decision *d);

#endif
