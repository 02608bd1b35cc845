/* Forwards the rows of a collector's metrics.csv to an engine, until SIGTERM or SIGINT. */
#ifndef BRIDGE_FORWARD_FORWARD_H
#define BRIDGE_FORWARD_FORWARD_H

#include "bridge/forward/forward_config.h"

/* 0, or a negative errno after it has logged why it can't start. */
int forward_run(const struct forward_config *config);

#endif
