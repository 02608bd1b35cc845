/* Resolves the address to listen on, at startup. */
#ifndef COMMON_RESOLVE_H
#define COMMON_RESOLVE_H

#include "common/parse.h"

#include <stddef.h>
#include <sys/socket.h>
#include <uv.h>

/* Blocks on DNS: only for use before the loop runs. Returns 0, or a negative errno with the reason in error, which
 * begins with the flag. */
int resolve_address(uv_loop_t *loop, const char *flag, const struct address *address, struct sockaddr_storage *found,
                    char *error, size_t error_size);

#endif
