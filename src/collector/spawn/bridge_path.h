/* Finds headroom-bridge: in the directory of this program, or in PATH. */
#ifndef COLLECTOR_SPAWN_BRIDGE_PATH_H
#define COLLECTOR_SPAWN_BRIDGE_PATH_H

#include <limits.h>

/* The path of the one beside this program; its name, which is searched for in PATH, if there is none. */
void bridge_path_find(char path[PATH_MAX]);

#endif
