/* Pure. Whether what the configuration file says is in force, and if not, why: the last reload failed, the file was
 * changed and not reloaded, or settings wait for a restart. */
#ifndef COLLECTOR_CONFIG_CONFIG_IN_FORCE_H
#define COLLECTOR_CONFIG_CONFIG_IN_FORCE_H

#include "collector/config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_WHY_MAX (PATH_MAX + 600U)

/* All zero: in force, without a file. The fields are the module's own. */
struct config_in_force {
    char path[PATH_MAX];            /* empty: there is no file */
    uint64_t hash;                  /* of the text that was read */
    bool changed;                   /* the text is another one now, or can't be read */
    int rc;                         /* why it can't; 0: it can */
    char refused[512];              /* why the last reload failed; empty: it did not */
    char waiting[CONFIG_NAMES_MAX]; /* settings that wait for a restart, as collector_config_keep_fixed() lists them */
};

/* The configuration was read at the start or by a reload. waiting: empty if no settings wait for a restart. */
void config_in_force_read(struct config_in_force *state, const struct collector_config *config, const char *waiting);

/* A reload failed with this error; the configuration of before stays in force. */
void config_in_force_refuse(struct config_in_force *state, const char *error);

/* The file now has a text with this hash, or (rc < 0) can't be read. */
void config_in_force_look(struct config_in_force *state, int rc, uint64_t hash);

bool config_in_force_holds(const struct config_in_force *state);

/* Why it does not hold, as a sentence without its period; empty if it holds. */
void config_in_force_why(const struct config_in_force *state, char why[CONFIG_WHY_MAX]);

#endif
