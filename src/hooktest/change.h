/* Pure. What an order has changed, compared with what it was to change. */
#ifndef HOOKTEST_CHANGE_H
#define HOOKTEST_CHANGE_H

#include "hooktest/node_list.h"

#include <stddef.h>

/* All zeros: nothing is to change. */
struct change {
    unsigned added;           /* nodes that are to come */
    unsigned removed;         /* nodes that are to go; */
    const char *const *named; /* only these may; NULL: any */
    unsigned named_count;
};

enum change_state {
    CHANGE_MADE,
    CHANGE_INCOMPLETE, /* it may be made yet: an actuator can be slow to show it */
    CHANGE_WRONG       /* something else has happened */
};

/* Unless the change is made, text gets a sentence that says what is different. Nodes whose names are not known are
 * compared by their number. */
enum change_state change_judge(const struct change *change, const struct node_list *before,
                               const struct node_list *after, char *text, size_t size);

#endif
