/* The invariants. Each one is in a file of its own; what it remembers of a
 * group is in struct check_memory. */
#ifndef WORLD_WORLD_CHECK_H
#define WORLD_WORLD_CHECK_H

#include "world/world_limits.h"

#include <stdbool.h>
#include <stdint.h>

struct world;
struct world_group;
struct world_node;
struct world_order;
struct world_view;

enum check_kind {
    CHECK_REMOVAL,  /* 1. no node is removed but one named by a scale-in that
                       counted every existing node */
    CHECK_FALL,     /* 2. no number falls because of silence, a partial view, a
                       restart, a forgotten node or a bound */
    CHECK_RECOVERY, /* 3. after the last fault, those that report carry the load
                       within a bounded time */
    CHECK_CALM,     /* 4. at constant load, few orders, and for no more than is needed
                     */
    CHECK_MINIMUM,  /* 5. min holds */
    CHECK_OUTCOME,  /* 6. each order has one outcome */
    CHECK_COUNT
};

extern const char *const check_names[CHECK_COUNT];

#define CALM_ACTIONS_MAX 16U

struct check_memory {
    /* people */
    uint64_t held_ms;     /* when a person last held the group */
    uint64_t pinned_ms;   /* the last decision about a pinned group */
    uint64_t unpinned_ms; /* when it last was not pinned, or had its number */
    /* members */
    uint64_t lost_ms; /* when the last mass loss was under way */
    /* fall */
    bool has_number;
    unsigned number;        /* that readers got last */
    unsigned desired_most;  /* the largest desired count that was decided from data */
    unsigned desired_least; /* the desired count of the last decision with no order under way; 0: not known */
    bool withdrawn;         /* an order failed since the last tick */
    /* recovery */
    uint64_t recovery_quiet_ms; /* the quiet time that recovery_end_ms belongs to */
    uint64_t recovery_end_ms;
    /* calm */
    unsigned actions;
    unsigned ordered_to; /* by the last order */
    unsigned ordered_action;
    uint64_t action_ms[CALM_ACTIONS_MAX];
    /* minimum */
    uint64_t below_ms; /* since when it has been below its minimum; 0: it is not */
    /* outcome */
    uint64_t epoch;
    uint64_t order_number; /* of the newest run */
    bool last_was_in;
};

/* ---- what happens ---- */

void check_on_decision(struct world *world, struct world_group *group);

void check_removal_on_decision(struct world *world, struct world_group *group);
void check_removal_on_run(struct world *world, struct world_group *group, const struct world_order *order);
void check_removal_on_removed(struct world *world, struct world_group *group, const struct world_node *node,
                              const struct world_order *order, bool named);
void check_members_on_decision(struct world *world, struct world_group *group);
void check_fall_on_state_lost(struct world *world, struct world_group *group);
void check_fall_on_move(struct world_group *group); /* a node is in another group now, for the collector too */
void check_fall_on_decision(struct world *world, struct world_group *group);
void check_calm_on_decision(struct world *world, struct world_group *group);
void check_minimum_on_decision(struct world *world, struct world_group *group);
void check_people_on_run(struct world *world, struct world_group *group, const struct world_order *order);
void check_outcome_on_run(struct world *world, struct world_group *group, const struct world_order *order);

/* ---- at each step ---- */

void check_step(struct world *world);
void check_fall_step(struct world *world, struct world_group *group);
void check_recovery_step(struct world *world, struct world_group *group);
void check_calm_step(struct world *world, struct world_group *group);
void check_people_step(struct world *world, struct world_group *group);
void check_minimum_step(struct world *world, struct world_group *group);

/* ---- at the end of the world, when no collector runs ---- */

void check_outcome_end(struct world *world);

#endif
