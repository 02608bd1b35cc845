/* The agent's connection in the simulation: it does what uplink_plan says, as uplink.c does, with simulated
 * connections. What an answer does to the samples is compared with the truth. */
#ifndef SIM_UPLINK_H
#define SIM_UPLINK_H

#include <stdint.h>

struct sim_agent;

/* The process has started. */
void uplink_begin(struct sim_agent *agent);

/* Writes what the sender produces. */
void uplink_send(struct sim_agent *agent);

/* When one of its timers is due, and that it is. */
uint64_t uplink_due(const struct sim_agent *agent);
void uplink_run(struct sim_agent *agent);

/* To the agent, which is stopping: all is acknowledged. */
void sim_agent_end_in_order(struct sim_agent *agent);

#endif
