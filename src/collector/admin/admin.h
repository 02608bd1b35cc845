/* The socket on which the program headroom gives its commands.
 *
 * A connection carries one request and its answer. The answer to a command comes when its change is durable. The socket
 * is made under another name and renamed once its permissions are right: the group headroom-admin may connect, if that
 * group exists; otherwise only root and the collector's user may. A peer that is slow, or sends anything else, is
 * disconnected in time; so many connections are served at once that it holds up nobody but its own user.
 *
 * Without the socket the collector goes on, and says why. */
#ifndef COLLECTOR_ADMIN_ADMIN_H
#define COLLECTOR_ADMIN_ADMIN_H

#include "collector/admin/admin_command.h"

#include <stdbool.h>
#include <uv.h>

struct admin_session;

struct admin {
    struct admin_world world;
    uv_pipe_t pipe;
    char path[108]; /* of struct sockaddr_un; empty: there is no socket */
    struct admin_session *sessions;
    unsigned session_count;
    bool another_waits; /* it is accepted once a session has ended */
    bool closed;
};

/* The world belongs to the caller, and outlives the loop. */
void admin_start(struct admin *admin, uv_loop_t *loop, const struct admin_world *world);

/* Also of what was never started, if it is all zeros. */
void admin_close(struct admin *admin);

#endif
