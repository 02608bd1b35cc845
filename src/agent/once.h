/* headroom-agent --once: reads the node twice, an interval apart, and prints the sample as one JSON object. */
#ifndef AGENT_ONCE_H
#define AGENT_ONCE_H

#include "agent/config/config.h"

/* 0, or a negative errno with the reason logged. */
int once_run(const struct agent_config *config);

#endif
