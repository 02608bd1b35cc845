/* What people do: they pin and pause groups, forget nodes that they know to be gone, and have schedules. The collector
 * gets it as it does from the program headroom and from its configuration. */
#ifndef WORLD_WORLD_PEOPLE_H
#define WORLD_WORLD_PEOPLE_H

#include <stdint.h>

struct world;
struct world_collector;
struct world_group;

void people_pin(struct world *world, struct world_group *group, unsigned nodes, uint64_t for_ms);
void people_pause(struct world *world, struct world_group *group, uint64_t for_ms);
void people_pause_scale_in(struct world *world, struct world_group *group, uint64_t for_ms);
void people_resume(struct world *world, struct world_group *group);

/* The missing nodes that do not exist. */
void people_forget(struct world *world, struct world_group *group);

/* A schedule that begins in a while. It raises the minimum to that number. */
void people_schedule(struct world *world, struct world_group *group, unsigned nodes_min, uint64_t in_ms,
                     uint64_t for_ms);

/* At each step. What people hold is not quiet. */
void people_step(struct world *world, struct world_group *group);

/* ---- for the collector ---- */

/* Reads the file `overrides` back. */
void people_restore(struct world_collector *collector);

/* Ends overrides in time. */
void people_expire(struct world_collector *collector);

#endif
