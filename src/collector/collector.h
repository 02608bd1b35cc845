/* The collector: listener -> intake -> rings and backlog -> store, and the scaler on a timer, on one loop. */
#ifndef COLLECTOR_COLLECTOR_H
#define COLLECTOR_COLLECTOR_H

#include "collector/config/config.h"

/* Runs until SIGTERM or SIGINT. argv is read again at SIGHUP. Takes ownership of config's contents. Returns 0, or a
 * negative errno when it could not start (the reason is logged). */
int collector_run(struct collector_config *config, int argc, char **argv);

#endif
