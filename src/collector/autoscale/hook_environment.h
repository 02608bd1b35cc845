/* Pure. Builds the environment of a hook: the collector's own, without the variables that are only for the collector
 * (sd_notify, socket activation, journal), and with the id of the order in HEADROOM_ORDER. */
#ifndef COLLECTOR_AUTOSCALE_HOOK_ENVIRONMENT_H
#define COLLECTOR_AUTOSCALE_HOOK_ENVIRONMENT_H

#include <stddef.h>
#include <stdint.h>

#define HOOK_ORDER_MAX 64U /* bytes of HEADROOM_ORDER=EPOCH.NUMBER, with its 0 */

struct hook_environment {
    char **variables; /* ends with NULL; the texts are the caller's, but for the order's */
    size_t count;     /* without the order's */
    char order[HOOK_ORDER_MAX];
};

/* variables: a list that ends with NULL. 0 or -ENOMEM. */
int hook_environment_init(struct hook_environment *environment, char *const *variables);

/* Also of what is all zeros. */
void hook_environment_deinit(struct hook_environment *environment);

/* The list for the next program to start: for the order EPOCH.NUMBER, or, if number is 0, for none. */
char **hook_environment_for(struct hook_environment *environment, uint64_t epoch, uint64_t number);

#endif
