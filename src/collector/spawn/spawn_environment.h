/* Pure. Builds the environment of a program that the collector starts: the collector's own, without the variables that
 * are only for the collector (sd_notify, socket activation, journal), and with those of the request. */
#ifndef COLLECTOR_SPAWN_SPAWN_ENVIRONMENT_H
#define COLLECTOR_SPAWN_SPAWN_ENVIRONMENT_H

#include <stddef.h>

struct spawn_environment {
    char **variables; /* ends with NULL; the texts are the caller's */
    size_t count;     /* without those of the request */
};

/* variables: a list that ends with NULL. 0 or -ENOMEM. */
int spawn_environment_init(struct spawn_environment *environment, char *const *variables);

/* Also of what is all zeros. */
void spawn_environment_deinit(struct spawn_environment *environment);

/* The list for the next program. more: ends with NULL, at most SPAWN_VARIABLES_MAX variables. */
char **spawn_environment_with(struct spawn_environment *environment, char *const *more);

#endif
