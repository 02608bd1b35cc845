/* Pure. Parses the collector's command line, including its help text, and the environment, as the first part of a
 * configuration. */
#ifndef COLLECTOR_CONFIG_CONFIG_FLAGS_H
#define COLLECTOR_CONFIG_CONFIG_FLAGS_H

#include "collector/config/config_draft.h"

#define CONFIG_REASON_MAX (PATH_MAX + 256) /* an error with a path in it */

/* Takes the data folder from the value of $STATE_DIRECTORY, which may be NULL: systemd sets it to the unit's
 * StateDirectory=, of which the first is ours. 0 or -EINVAL. */
int config_flags_take_state_directory(struct config_draft *draft, const char *state);

/* Takes the folder of the admin socket from the value of $RUNTIME_DIRECTORY, likewise. */
int config_flags_take_runtime_directory(struct config_draft *draft, const char *runtime);

/* Reads the flags. 0 or a negative errno; --help and --version print and exit. */
int config_flags_read(struct config_draft *draft, int argc, char **argv);

#endif
