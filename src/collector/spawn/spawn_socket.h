/* Sends and receives messages of a SOCK_SEQPACKET socket that carry file descriptors. */
#ifndef COLLECTOR_SPAWN_SPAWN_SOCKET_H
#define COLLECTOR_SPAWN_SPAWN_SOCKET_H

#include "collector/spawn/spawn_message.h"

#include <stddef.h>
#include <sys/types.h>

/* fds: SPAWN_FILES descriptors, which stay the caller's; NULL: none. flags: of sendmsg(). 0 or a negative errno. */
int spawn_socket_send(int fd, const void *data, size_t len, const int *fds, int flags);

/* fds: for SPAWN_FILES descriptors, which become the caller's, and close at exec; NULL: none are expected. flags: of
 * recvmsg(). Returns the length, 0 at the end, -EBADMSG for a message that is too long or does not have exactly these
 * descriptors, or another negative errno. */
ssize_t spawn_socket_receive(int fd, void *data, size_t size, int *fds, int flags);

#endif
