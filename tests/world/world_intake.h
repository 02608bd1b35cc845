/* The collector's side of agents: sessions, and the store that acknowledges
 * their samples. */
#ifndef WORLD_WORLD_INTAKE_H
#define WORLD_WORLD_INTAKE_H

#include "common/sample.h"
#include "world/world_agent.h"

#include <stdbool.h>
#include <stdint.h>

struct agent_sample;
struct world;
struct world_collector;
struct world_group;
struct world_node;

/* Each returns whether the connection stands afterwards. */
bool collector_hello(struct world *world, struct world_node *node);
bool collector_batch(struct world *world, struct world_node *node, uint64_t until_seq);
void collector_reading(struct world *world, struct world_node *node);
void collector_goodbye(struct world *world, struct world_node *node, enum parting parting);
void collector_hang_up(struct world *world, struct world_node *node);

/* With --verbose: how the collector sees the group's nodes. */
void collector_show_nodes(const struct world *world, const struct world_group *group);

/* ---- for the collector ---- */

/* What was received is stored in the next step, unless the disk is full. */
void intake_store(struct world_collector *c);

/* Ends sessions that have been silent for too long. */
void intake_look(struct world_collector *c);

/* A sample as the agent sends it. */
struct sample intake_sample(const struct world_node *node, const struct agent_sample *taken);

#endif
