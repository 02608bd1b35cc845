/* Reads the agent's configuration: the command line, the host name, and the files that flags name. */
#ifndef AGENT_CONFIG_CONFIG_LOAD_H
#define AGENT_CONFIG_CONFIG_LOAD_H

#include "agent/config/config.h"

/* Reads argv into config. Returns 0, or a negative errno with config untouched and in error what was wrong and what is
 * allowed, without newline. --help and --version print and exit. */
int agent_config_load(struct agent_config *config, int argc, char **argv, char *error, size_t error_size);

#endif
