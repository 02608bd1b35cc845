/* Pure. Builds the environment of a hook: the collector's own, without the variables that are only for the collector
 * (sd_notify, socket activation, journal). */
#ifndef COLLECTOR_AUTOSCALE_HOOK_ENVIRONMENT_H
#define COLLECTOR_AUTOSCALE_HOOK_ENVIRONMENT_H

/* A list that ends with NULL, from malloc(), of the caller's strings. NULL: out of memory. */
char **hook_environment_new(char *const *variables);

#endif
