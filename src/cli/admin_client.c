#include "cli/admin_client.h"

#include "cli/exit_status.h"
#include "common/error_text.h"
#include "common/limits.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_S 45 /* for any part of the answer: longer than the collector allows itself */

/* ---- the connection ---- */

static const char *advice(int error)
{
    switch (error) {
    case ENOENT:
        return "is the collector running? Give its socket with --socket; headroom-collector --check-config shows it as "
               "admin-socket";
    case ECONNREFUSED:
        return "the collector is not running; see systemctl status headroom-collector";
    case EACCES:
    case EPERM:
        return "only root and members of the group headroom-admin may use it; use sudo, or have yourself added";
    default:
        return "try again";
    }
}

static int open_connection(const char *path, char *text, size_t size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval wait = {.tv_sec = WAIT_S};

    if (strlen(path) >= sizeof address.sun_path)
        return error_text_set(text, size, -ENAMETOOLONG, "the path of --socket is longer than %zu bytes",
                              sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0 &&
        connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int error = errno;
    if (fd >= 0)
        close(fd);
    return error_text_set(text, size, -error, "can't reach the collector at %s: %s; %s", path, strerror(error),
                          advice(error));
}

static int send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -errno;
        bytes += sent;
        len -= (size_t)sent;
    }
    return 0;
}

static int send_request(int fd, const json_t *request)
{
    char *line = json_dumps(request, JSON_COMPACT);

    if (line == NULL)
        return -ENOMEM;
    int rc = send_all(fd, line, strlen(line));
    free(line);
    return rc == 0 ? send_all(fd, "\n", 1) : rc;
}

/* ---- the answer ---- */

static int take(const json_t *line, char *text, size_t size)
{
    bool ok = json_is_true(json_object_get(line, "ok"));
    const char *said = json_string_value(json_object_get(line, ok ? "text" : "error"));

    (void)snprintf(text, size, "%s", said != NULL ? said : "");
    return ok ? EXIT_STATUS_DONE : EXIT_STATUS_REFUSED;
}

static int lose(int rc, char *text, size_t size)
{
    if (rc == -EAGAIN || rc == -EWOULDBLOCK)
        rc = -ETIMEDOUT;
    (void)snprintf(text, size,
                   "the collector has not answered: %s; headroom status shows whether the command was carried out",
                   rc == 0 ? "it closed the connection" : strerror(-rc));
    return EXIT_STATUS_UNREACHABLE;
}

static int receive(FILE *stream, char *text, size_t size)
{
    char bytes[ADMIN_ANSWER_MAX + 1];
    json_error_t error;

    errno = 0;
    if (fgets(bytes, sizeof bytes, stream) == NULL)
        return lose(-errno, text, size);
    json_t *line = json_loads(bytes, JSON_REJECT_DUPLICATES, &error);
    int status = json_object_get(line, "ok") != NULL ? take(line, text, size) : lose(-EBADMSG, text, size);
    json_decref(line);
    return status;
}

int admin_client_call(const char *path, json_t *request, char *text, size_t size)
{
    int fd = open_connection(path, text, size);
    FILE *stream = fd >= 0 ? fdopen(fd, "r") : NULL;
    int status = EXIT_STATUS_UNREACHABLE;

    if (stream != NULL) {
        int rc = request != NULL ? send_request(fd, request) : -ENOMEM;
        status = rc == 0 ? receive(stream, text, size) : lose(rc, text, size);
        (void)fclose(stream);
    } else if (fd >= 0) {
        status = lose(-errno, text, size);
        close(fd);
    }
    json_decref(request);
    return status;
}
