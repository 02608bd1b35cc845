/* What an agent reads of its node, and the node's clocks. */
#ifndef SIM_LOAD_H
#define SIM_LOAD_H

#include "common/sample.h"

#include <stdint.h>

struct sim_agent;

/* Since boot: both clocks that never step. */
uint64_t agent_uptime(const struct sim_agent *agent);

/* Which steps. */
int64_t agent_wall(const struct sim_agent *agent);

/* All of it but seq. */
void load_read(struct sim_agent *agent, struct sample *sample);

#endif
