/* Makes the listening socket of the commands, with its permissions. */
#ifndef COLLECTOR_ADMIN_ADMIN_SOCKET_H
#define COLLECTOR_ADMIN_ADMIN_SOCKET_H

#include <stddef.h>

#define ADMIN_SOCKET_GROUP "headroom-admin"

/* Returns the descriptor of a socket that listens at path, or a negative errno with the reason in error. */
int admin_socket_open(const char *path, char *error, size_t error_size);

/* The uid of the process that has connected, or a negative errno. */
int admin_socket_peer(int fd, unsigned *uid);

#endif
