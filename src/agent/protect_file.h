/* Looks whether the file exists that protects the node, in a thread of libuv's pool: a file system that hangs must not
 * stop the agent's samples.
 *
 * Happy path: at each tick one look, whose result the sender tells the collector when it has changed.
 * Failures: while a look takes longer than a tick, the last result stands; so it does if the file can't be looked at.
 */
#ifndef AGENT_PROTECT_FILE_H
#define AGENT_PROTECT_FILE_H

#include "agent/sender.h"

#include <stdbool.h>
#include <uv.h>

struct protect_file {
    uv_loop_t *loop;
    uv_fs_t look;
    const char *path;
    struct sender *sender;
    bool is_looking;
    bool is_closed;
};

/* path: empty for none. Both belong to the caller, and live as long as the loop. */
void protect_file_start(struct protect_file *file, uv_loop_t *loop, const char *path, struct sender *sender);

void protect_file_look(struct protect_file *file);

/* Also for a zeroed one. The loop ends once a look under way has ended. */
void protect_file_close(struct protect_file *file);

#endif
