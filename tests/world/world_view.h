/* What the collector decided for a group at a tick, in the words of the world.
 */
#ifndef WORLD_WORLD_VIEW_H
#define WORLD_WORLD_VIEW_H

#include <stdbool.h>
#include <stdint.h>

enum view_action { VIEW_HOLD, VIEW_OUT, VIEW_IN };

struct world_view {
    uint64_t at_ms;
    enum view_action action;
    bool ordered;  /* the action is an order, not only a decision */
    bool forecast; /* a forecast asked for it */
    unsigned live;
    unsigned missing;      /* known and silent, in whatever way */
    unsigned lost_at_once; /* those that are not forgotten by time */
    unsigned leaving;      /* those that said that they leave, and those that were told to */
    unsigned pending;      /* on order */
    unsigned existing;
    unsigned carrying;
    unsigned wanted; /* by the votes */
    unsigned before; /* desired before the decision */
    unsigned desired;
    unsigned to;
    bool number; /* a reader gets desired */
    bool roll_call;
    unsigned nodes_min;  /* in force: a schedule may raise it */
    unsigned pin;        /* the number that a person has pinned; 0: none */
    bool paused;         /* all orders, the minimum included */
    bool held_by_person; /* pinned, paused or scheduled */
};

#endif
