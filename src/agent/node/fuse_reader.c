#include "agent/node/fuse_reader.h"

#include "agent/node/file_text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILES_MAX 16U /* that the child keeps open */

struct request {
    size_t max;
    bool whole;
    char path[PATH_MAX];
};

/* ---- whole messages ---- */

static bool send_all(int fd, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        ssize_t sent = TEMP_FAILURE_RETRY(send(fd, at, len, MSG_NOSIGNAL));
        if (sent <= 0)
            return false;
        at += sent;
        len -= (size_t)sent;
    }
    return true;
}

static bool receive_all(int fd, void *data, size_t len)
{
    return TEMP_FAILURE_RETRY(recv(fd, data, len, MSG_WAITALL)) == (ssize_t)len;
}

/* ---- the child: only what is safe after a fork of several threads ---- */

struct open_file {
    char path[PATH_MAX];
    int fd; /* meaningless with an empty path */
};

static struct open_file *find_file(struct open_file *files, const char *path)
{
    struct open_file *unused = &files[0];

    for (unsigned i = 0; i < FILES_MAX; i++) {
        if (strcmp(files[i].path, path) == 0)
            return &files[i];
        if (files[i].path[0] == '\0')
            unused = &files[i];
    }
    if (unused->path[0] != '\0')
        close(unused->fd);
    unused->path[0] = '\0';
    return unused;
}

static ssize_t serve(struct open_file *files, const struct request *request, char *text)
{
    struct open_file *file = find_file(files, request->path);

    if (file->path[0] == '\0') {
        file->fd = open(request->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (file->fd < 0)
            return -errno;
        memcpy(file->path, request->path, sizeof file->path);
    }
    ssize_t len = file_text_read(file->fd, request->whole, text, request->max);
    if (len < 0) {
        close(file->fd);
        file->path[0] = '\0';
    }
    return len;
}

/* The socket is its only file: it must not hold the agent's connection, its spool or its log when it outlives it. */
static _Noreturn void run_child(int fd, char *text)
{
    static struct open_file files[FILES_MAX];
    static struct request request;

    prctl(PR_SET_NAME, "fuse-reader");
    if (dup2(fd, 0) < 0 || close_range(1, ~0U, 0) < 0)
        _exit(1);
    while (receive_all(0, &request, sizeof request)) {
        ssize_t len = serve(files, &request, text);
        if (!send_all(0, &len, sizeof len) || (len > 0 && !send_all(0, text, (size_t)len)))
            break;
    }
    _exit(0);
}

/* ---- the agent ---- */

static int start(struct fuse_reader *reader, char *text)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return -errno;
    pid_t pid = fork();
    if (pid == 0)
        run_child(fds[1], text);
    int rc = pid < 0 ? -errno : 0;
    close(fds[1]);
    if (rc < 0)
        close(fds[0]);
    else
        *reader = (struct fuse_reader){.pid = pid, .fd = fds[0]};
    return rc;
}

static ssize_t ask(struct fuse_reader *reader, const struct request *request, char *text)
{
    ssize_t len;

    if (!send_all(reader->fd, request, sizeof *request) || !receive_all(reader->fd, &len, sizeof len) ||
        len > (ssize_t)request->max || (len > 0 && !receive_all(reader->fd, text, (size_t)len))) {
        fuse_reader_close(reader);
        return -EPIPE;
    }
    return len;
}

ssize_t fuse_reader_read(struct fuse_reader *reader, const char *path, bool whole, char *text, size_t max)
{
    struct request request = {.max = max, .whole = whole};
    size_t len = strlen(path);

    if (len >= sizeof request.path)
        return -ENAMETOOLONG;
    memcpy(request.path, path, len + 1);
    int rc = reader->pid == 0 ? start(reader, text) : 0;
    return rc < 0 ? rc : ask(reader, &request, text);
}

/* It waits for a request, sees the end of the connection, and ends at once. */
void fuse_reader_close(struct fuse_reader *reader)
{
    if (reader->pid == 0)
        return;
    close(reader->fd);
    (void)TEMP_FAILURE_RETRY(waitpid(reader->pid, NULL, 0));
    *reader = (struct fuse_reader){0};
}
