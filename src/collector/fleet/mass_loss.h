/* Pure. A mass loss: a third of a group's nodes, and at least two, went missing within the time after which a missing
 * node is forgotten. Nodes that left without an order, and that no other nodes replace, count as well.
 *
 * That many nodes seldom cease to exist at once; more often a network is down, or the collector's own machine is cut
 * off. So they are not forgotten by time, but held until
 *   - all have returned, or
 *   - somebody says that they are gone: a person, or the actuator's count (membership.h), or
 *   - the rest has carried the load: no resource above its `high` in 95 % of the ticks of an hour. This does not count
 *     while the collector suspects its own network. */
#ifndef COLLECTOR_FLEET_MASS_LOSS_H
#define COLLECTOR_FLEET_MASS_LOSS_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: no tick yet, and no mass loss. */
struct mass_loss {
    bool under_way;
    bool returned;     /* a node has returned since it began */
    unsigned lost;     /* nodes that are missing of it, or have left */
    unsigned missing;  /* those that are missing */
    int64_t ticked_ms; /* the last tick */
    int64_t since_ms;  /* when it was noticed */
    int64_t held_ms;   /* nodes that would be forgotten from this time on are held */
    int64_t hour_ms;   /* since when the load is watched */
    int64_t above_ms;  /* for how long of it a resource was above `high` */
};

/* What one tick sees of a group. */
struct mass_loss_tick {
    int64_t now_ms;
    unsigned existing;  /* all nodes, missing ones included, without those that replace nodes that left */
    unsigned missing;   /* nodes that went missing and are not forgotten */
    unsigned left;      /* nodes that left, without an order and without a replacement, and are not forgotten */
    bool is_above_high; /* a resource of those that report is above its `high`, or nothing reports */
    bool is_suspected;  /* the collector suspects its own network: whatever is missing is held */
};

enum mass_loss_event {
    MASS_LOSS_NONE,
    MASS_LOSS_BEGAN,
    MASS_LOSS_RETURNING, /* the first node has returned */
    MASS_LOSS_RETURNED,  /* it has ended: none is missing any more */
    MASS_LOSS_CARRIED    /* it has ended: the rest carries the load */
};

/* Whether that many are missing or have left. */
bool mass_loss_is(const struct mass_loss_tick *tick);

enum mass_loss_event mass_loss_tick(struct mass_loss *loss, const struct mass_loss_tick *tick);

/* It ends because somebody says that its nodes are gone. */
void mass_loss_end(struct mass_loss *loss);

/* Whether a node is held that would be forgotten at that time. */
bool mass_loss_holds(const struct mass_loss *loss, int64_t forget_ms);

#endif
