/* The simulated world: nodes that exist whether or not anybody sees them, what
 * moves load between them, who replaces and removes them, and one collector
 * that has to make sense of it. A seed decides everything that happens.
 *
 * Time passes in steps of a second. Every part is advanced once in each step;
 * the product's own modules run in world_collector.c. */
#ifndef WORLD_WORLD_H
#define WORLD_WORLD_H

#include "world/world_check.h"
#include "world/world_collector.h"
#include "world/world_deploy.h"
#include "world/world_events.h"
#include "world/world_group.h"
#include "world/world_intake.h"
#include "world/world_limits.h"
#include "world/world_node.h"
#include "world/world_orders.h"

#include <stdbool.h>
#include <stdint.h>

struct scenario;

struct world_totals {
    uint64_t simulated_ms;
    uint64_t steps;
    uint64_t events;
    uint64_t starts;    /* of collectors */
    uint64_t kills;     /* of them */
    uint64_t decisions; /* ticks of groups */
    uint64_t orders;    /* runs of hooks */
    uint64_t joined;    /* nodes that orders started */
    uint64_t removed;   /* nodes that orders removed */
    uint64_t failures[CHECK_COUNT];
};

struct world_failure {
    bool happened;
    enum check_kind kind;
    char text[600];
};

struct world {
    const char *program;
    const struct scenario *scenario; /* NULL: drawn at random */
    bool verbose;
    uint64_t seed;
    uint64_t random;
    uint64_t now_ms;
    uint64_t end_ms;
    uint64_t gone_ms; /* gone-after */
    unsigned group_count;
    struct world_group groups[WORLD_GROUPS_MAX];
    unsigned node_count; /* slots in use, free ones among them included */
    struct world_node nodes[WORLD_NODES_MAX];
    struct world_events events;
    struct world_collector collector;
    struct world_failure failure;
    struct world_totals totals;
};

/* Runs one seed until its end, or until an invariant does not hold. Returns
 * whether all held. */
bool world_run(struct world *world, uint64_t seed);

uint64_t world_below(struct world *world, uint64_t bound);                /* 0 .. bound - 1 */
uint64_t world_between(struct world *world, uint64_t low, uint64_t high); /* both included */
double world_real(struct world *world, double low, double high);
bool world_chance(struct world *world, unsigned percent);

/* A line for --verbose. */
void world_log(const struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An invariant does not hold: the first one that fails ends the seed after this
 * step. */
void world_fail(struct world *world, enum check_kind kind, const struct world_group *group, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Something that the world did to the group goes on until that time: no
 * invariant that speaks of quiet times applies before. */
void world_disturb(struct world *world, struct world_group *group, uint64_t until_ms, const char *why);

#endif
