/* The agent: sampler -> outbox -> sender -> uplink, on one loop. */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include "agent/config/config.h"

/* Runs until SIGTERM or SIGINT. Returns 0, or a negative errno when it could not start (the reason is logged). */
int agent_run(const struct agent_config *config);

#endif
