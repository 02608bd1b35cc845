/* What has come on a connection, read without libuv, which would read on by itself. */
#ifndef COMMON_TCP_INPUT_H
#define COMMON_TCP_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* fd: the socket. Returns the number of bytes, at most size, 0 at the end, or a negative errno: -EAGAIN, nothing has
 * come. */
ssize_t tcp_input_read(int fd, void *buffer, size_t size);

/* Whether there are bytes to read. */
bool tcp_input_waits(int fd);

#endif
