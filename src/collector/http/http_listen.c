#include "collector/http/http_listen.h"

#include "collector/http/http_access.h"
#include "common/format.h"
#include "common/loopback.h"
#include "common/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTEN_BACKLOG 1024

/* A listening socket, or a negative errno. */
static int listen_on(const struct sockaddr_storage *address)
{
    int one = 1;
    socklen_t len = address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        bind(fd, (const struct sockaddr *)address, len) < 0 || listen(fd, LISTEN_BACKLOG) < 0) {
        int rc = -errno;
        close(fd);
        return rc;
    }
    return fd;
}

int http_listen(uv_loop_t *loop, const struct collector_config *config, bool *loopback, char *error, size_t error_size)
{
    struct sockaddr_storage found = {0};
    char name[ADDRESS_HOST_MAX + 10];

    int rc = resolve_address(loop, "--http", &config->http, &found, error, error_size);
    if (rc < 0)
        return rc;
    format_address(&config->http, name, sizeof name);
    *loopback = loopback_is(&found);
    rc = http_access_check(config, *loopback, error, error_size);
    if (rc < 0)
        return rc;
    int fd = listen_on(&found);
    if (fd == -EADDRINUSE)
        snprintf(error, error_size,
                 "--http: %s is in use by another program; choose another address (port 0 takes any free one), "
                 "or --http off",
                 name);
    else if (fd < 0)
        snprintf(error, error_size, "--http: can't listen on %s: %s", name, strerror(-fd));
    return fd;
}

unsigned http_listen_port(int fd)
{
    struct sockaddr_in6 address = {0}; /* the port is at the same place for IPv4 */
    socklen_t len = sizeof address;

    if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        return 0;
    return ntohs(address.sin6_port);
}
