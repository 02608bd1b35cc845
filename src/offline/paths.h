/* Returns the last part of a path, and checks whether writing to one path would overwrite another. */
#ifndef OFFLINE_PATHS_H
#define OFFLINE_PATHS_H

#include <stdbool.h>

/* The part after the last slash. */
const char *paths_name(const char *path);

/* Whether writing to one path would overwrite the other: both name the same regular file, or neither exists and both
 * would name the same new file. */
bool paths_are_same(const char *path, const char *other);

#endif
