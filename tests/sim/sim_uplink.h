/* uplink.c over again in small: whom to try and when, and the connection that the sender speaks through. And what an
 * answer does to the samples is compared with the truth. */
#ifndef SIM_UPLINK_H
#define SIM_UPLINK_H

#include <stdint.h>

struct sim_agent;

/* The process has started. */
void uplink_begin(struct sim_agent *agent);

/* Writes what the sender has to say. */
void uplink_send(struct sim_agent *agent);

/* One of its timers is due. */
void uplink_run(struct sim_agent *agent);

/* To the agent: an answer has come, samples may have been acknowledged. May end the process. */
void sim_agent_acknowledged(struct sim_agent *agent);

#endif
