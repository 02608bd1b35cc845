/* Situations from the field, as fixed worlds: `headroom-world --scenario NAME`.
 * Their noise still depends on the seed. */
#ifndef WORLD_WORLD_SCENARIO_H
#define WORLD_WORLD_SCENARIO_H

#include <stdint.h>
#include <stdio.h>

struct world;
struct world_group;

/* What happens at a time of the scenario. */
struct scenario_event {
    uint64_t at_s;
    void (*begin)(struct world *world, struct world_group *group);
};

struct scenario {
    const char *name;
    const char *about;
    uint64_t length_s;
    unsigned nodes;                                                  /* at the beginning */
    double load;                                                     /* cores */
    void (*prepare)(struct world *world, struct world_group *group); /* after the defaults; may be NULL */
    uint64_t steady_s; /* from a quarter of an hour on until then, nothing changes
                          what is needed */
    const struct scenario_event *events;
    unsigned event_count;
};

/* NULL: there is none of that name. */
const struct scenario *scenario_find(const char *name);

/* The scenario of that index, or NULL behind the last one. */
const struct scenario *scenario_at(unsigned index);

void scenario_step(struct world *world);

/* At a decision: while nothing changes what is needed, the desired number is
 * close to it. */
void scenario_check(struct world *world, const struct world_group *group);

#endif
