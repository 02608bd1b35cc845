/* Pure. The command line of headroom-hook-test. */
#ifndef HOOKTEST_TRIAL_OPTIONS_H
#define HOOKTEST_TRIAL_OPTIONS_H

#include "common/setting.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRIAL_GROUP "hook-test" /* needs no --yes */

struct trial_options {
    const char *program; /* as given */
    setting_name group;
    bool any_victims;
    unsigned nodes_max;
    int64_t timeout_ms;
    int64_t settle_ms;
    bool has_queue;
    bool is_sandboxed;
    bool is_confirmed;
};

/* Returns 0, or a negative errno with the reason in error. --help and the like print and exit. */
int trial_options_read(struct trial_options *options, int argc, char **argv, char *error, size_t size);

#endif
