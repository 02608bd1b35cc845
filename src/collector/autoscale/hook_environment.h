/* Pure. The environment of a hook's program: the collector's own, without the variables that are for the collector
 * alone (sd_notify, socket activation, journal). */
#ifndef COLLECTOR_AUTOSCALE_HOOK_ENVIRONMENT_H
#define COLLECTOR_AUTOSCALE_HOOK_ENVIRONMENT_H

/* A list that ends with NULL, from malloc(), of the caller's strings. NULL: out of memory. */
char **hook_environment_new(char *const *variables);

#endif
