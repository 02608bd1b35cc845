/* Where paths lead. */
#ifndef OFFLINE_PATHS_H
#define OFFLINE_PATHS_H

#include <stdbool.h>

/* Behind the last slash. */
const char *paths_name(const char *path);

/* Whether writing to one would change the other: both are the same regular file, by whatever name, or neither is there
 * and both would be. */
bool paths_are_same(const char *path, const char *other);

#endif
