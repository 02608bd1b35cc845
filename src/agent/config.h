/* Pure. The agent's command line. */
#ifndef AGENT_CONFIG_H
#define AGENT_CONFIG_H

#include "common/limits.h"
#include "common/parse.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct agent_config {
    struct address collectors[COLLECTORS_MAX]; /* in the order of preference */
    unsigned collector_count;
    char node_id[NAME_LEN_MAX + 1];
    char group[NAME_LEN_MAX + 1];
    uint32_t interval_ms;
    unsigned outbox_samples;
    char token[TOKEN_LEN_MAX + 1]; /* from --token-file, its trailing white space cut; empty without */
    char root[PATH_MAX];           /* what stands before /proc and /sys, normally empty */
    char spool[PATH_MAX];          /* folder of the spool; empty: none */
    bool once;
    bool drain;
};

/* Reads argv into config. On success 0. On failure a negative errno, and error says what was wrong and what is allowed,
 * without newline. --help and --version print and exit the program. */
int agent_config_load(struct agent_config *config, int argc, char **argv, char *error, size_t error_size);

#endif
