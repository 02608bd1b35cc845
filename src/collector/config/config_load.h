/* Reads the collector's configuration: the environment, the command line, and the files that they name. */
#ifndef COLLECTOR_CONFIG_CONFIG_LOAD_H
#define COLLECTOR_CONFIG_CONFIG_LOAD_H

#include "collector/config/config.h"

/* Reads argv and the file of --config into config. Returns 0, and the caller calls collector_config_deinit(); or a
 * negative errno with nothing to free, config untouched, and in error what was wrong, where (flag, or file and line)
 * and what is allowed, without newline. Can be called again with the same argv to reload. --help and --version print
 * and exit. */
int collector_config_load(struct collector_config *config, int argc, char **argv, char *error, size_t error_size);

/* The same for programs that only need the settings: token files are not read, and the hook need not exist. */
int collector_config_load_settings(struct collector_config *config, int argc, char **argv, char *error,
                                   size_t error_size);

/* The hash of a file's text, as in collector_config's file_hash. 0 or a negative errno. */
int collector_config_load_hash(const char *path, uint64_t *hash);

#endif
