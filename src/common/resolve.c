#include "common/resolve.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

int resolve_address(uv_loop_t *loop, const char *flag, const struct address *address, struct sockaddr_storage *found,
                    char *error, size_t error_size)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    uv_getaddrinfo_t request;
    char port[8];

    snprintf(port, sizeof port, "%u", (unsigned)address->port);
    int rc = uv_getaddrinfo(loop, &request, NULL, address->host, port, &hints);
    if (rc < 0) {
        snprintf(error, error_size, "%s: can't resolve %s: %s", flag, address->host, uv_strerror(rc));
        return rc;
    }
    memcpy(found, request.addrinfo->ai_addr, request.addrinfo->ai_addrlen);
    uv_freeaddrinfo(request.addrinfo);
    return 0;
}
