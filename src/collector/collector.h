/* The collector: listener -> intake -> rings and backlog -> store, and the scaler on a timer, on one loop.
 *
 * When the process that starts programs ends (spawner.h), the collector stops in order and fails, so that its service
 * manager starts both again: a collector that can't carry out orders must not look as if it could. */
#ifndef COLLECTOR_COLLECTOR_H
#define COLLECTOR_COLLECTOR_H

#include "collector/config/config.h"
#include "collector/spawn/spawn_process.h"

/* Runs until SIGTERM or SIGINT. argv is read again at SIGHUP. Takes ownership of config's contents; spawn stays the
 * caller's, and may have ended. Returns 0, or a negative errno when it could not start or go on (the reason is logged).
 */
int collector_run(struct collector_config *config, int argc, char **argv, struct spawn_process *spawn);

#endif
