/* Pure. What is allowed in a configuration and probably not meant: the collector says it at the start, at a reload and
 * with --check-config, and starts nevertheless, since it must not stay down at night. */
#ifndef COLLECTOR_CONFIG_CONFIG_WARNINGS_H
#define COLLECTOR_CONFIG_CONFIG_WARNINGS_H

#include "collector/config/config.h"

/* text: one sentence without newline, valid during the call. */
typedef void config_warnings_cb(const char *text, void *arg);

/* Calls cb for each warning, first those of [collector]. */
void config_warnings_each(const struct collector_config *config, config_warnings_cb *cb, void *arg);

#endif
