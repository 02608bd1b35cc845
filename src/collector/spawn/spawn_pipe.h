/* The files of a program that the collector starts, connected with handles of the loop. They are pipes and no socket
 * pairs, as libuv would make: a script could not open /dev/stdin or /dev/stdout then. */
#ifndef COLLECTOR_SPAWN_SPAWN_PIPE_H
#define COLLECTOR_SPAWN_SPAWN_PIPE_H

#include "collector/spawn/spawn_message.h"

#include <stdbool.h>
#include <uv.h>

/* pipe: initialized. *end is the program's end, and the caller's. 0 or a negative errno. */
int spawn_pipe_open(uv_pipe_t *pipe, bool program_reads, int *end);

/* The ends of a program that is not started after all; -1: none. */
void spawn_pipe_close(const int ends[SPAWN_FILES]);

#endif
