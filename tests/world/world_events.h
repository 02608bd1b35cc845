/* What happens to the world: faults, changes of load, deployments, and people.
 * Each event marks the groups that it concerns as disturbed for as long as it
 * lasts. */
#ifndef WORLD_WORLD_EVENTS_H
#define WORLD_WORLD_EVENTS_H

#include "world/world_actuator.h"
#include "world/world_agent.h"
#include "world/world_collector.h"

#include <stdbool.h>
#include <stdint.h>

struct world;
struct world_group;

struct world_events {
    uint64_t next_ms; /* NEVER: no more */
    uint64_t last_ms; /* no event begins later */
    uint64_t disk_full_until_ms;
    unsigned scripted; /* events of the scenario that have happened */
};

void events_init(struct world *world);
void events_step(struct world *world);

/* ---- single events ---- */

void event_part(struct world *world, struct world_group *group, unsigned percent, uint64_t for_ms);
void event_lose(struct world *world, struct world_group *group, unsigned nodes, enum parting parting);
void event_fill_disk(struct world *world, uint64_t for_ms);
void event_unread(struct world *world, struct world_group *group, unsigned nodes, uint64_t for_ms);
void event_protect(struct world *world, struct world_group *group, unsigned nodes);
void event_mood(struct world *world, struct world_group *group, enum mood mood, uint64_t for_ms);
void event_collector_dies(struct world *world, uint64_t for_ms, enum world_loss loss);
void event_collector_stops(struct world *world, uint64_t for_ms);

#endif
