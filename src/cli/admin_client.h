/* Sends a request to the collector's socket, and receives the answer. collector/admin/admin_request.h describes both.
 */
#ifndef CLI_ADMIN_CLIENT_H
#define CLI_ADMIN_CLIENT_H

#include <jansson.h>
#include <stddef.h>

#define ADMIN_CLIENT_SOCKET "/run/headroom/admin.sock"

/* The row of --socket in the options of a command. flag_key: what its on_flag gets. */
#define ADMIN_CLIENT_SOCKET_FLAG(flag_key)                                                                             \
    {                                                                                                                  \
        .name = "socket", .key = (flag_key), .arg = "PATH",                                                            \
        .doc = "The collector's socket (default " ADMIN_CLIENT_SOCKET ")"                                              \
    }

/* Consumes the request; NULL: out of memory. Returns an enum exit_status; then text is that of the answer, or why
 * the collector was not reached and what to do. */
int admin_client_call(const char *path, json_t *request, char *text, size_t size);

#endif
