#include "collector/admin/admin_socket.h"

#include "common/error_text.h"
#include "common/log.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG         16
#define GROUP_ENTRY_MAX 16384U /* bytes of the group's entry, with its members */

static int set_address(struct sockaddr_un *address, const char *path, const char *suffix)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int len = snprintf(address->sun_path, sizeof address->sun_path, "%s%s", path, suffix);

    return len < 0 || (size_t)len >= sizeof address->sun_path ? -ENAMETOOLONG : 0;
}

/* A socket that nobody listens on is left over from a collector that was killed. */
static int check_path(const char *path, const struct sockaddr_un *address, char *error, size_t error_size)
{
    struct stat status;

    if (lstat(path, &status) < 0)
        return 0; /* usually there is none; bind() says what else is wrong */
    if (!S_ISSOCK(status.st_mode))
        return error_text_set(error, error_size, -EEXIST, "%s is not a socket; remove it, or set another path", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_text_set(error, error_size, -errno, "%s", strerror(errno));
    bool used = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN;
    close(fd);
    if (used)
        return error_text_set(error, error_size, -EADDRINUSE,
                              "another collector listens on %s; set another path for one of the two", path);
    return 0;
}

/* Returns the permissions of the socket: without the group, or the right to use it, only root and the collector's own
 * user may connect. */
static mode_t give_to_group(const char *path)
{
    char entry[GROUP_ENTRY_MAX];
    struct group group, *found = NULL;

    int rc = getgrnam_r(ADMIN_SOCKET_GROUP, &group, entry, sizeof entry, &found);
    if (rc != 0)
        log_error("can't look up the group " ADMIN_SOCKET_GROUP
                  ": %s; only root and the collector's user may give commands",
                  strerror(rc));
    if (rc != 0 || found == NULL)
        return 0600;
    if (chown(path, (uid_t)-1, group.gr_gid) == 0)
        return 0660;
    log_warning("can't give the socket of the commands to the group " ADMIN_SOCKET_GROUP
                ": %s; only root and the collector's user may use it",
                strerror(errno));
    return 0600;
}

/* Nobody may connect before the permissions are right: it listens only then. */
static int bind_and_listen(int fd, const struct sockaddr_un *address, const char *path)
{
    (void)unlink(address->sun_path);
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) < 0)
        return -errno;
    if (chmod(address->sun_path, give_to_group(address->sun_path)) < 0 || listen(fd, BACKLOG) < 0 ||
        rename(address->sun_path, path) < 0) {
        int rc = -errno;
        (void)unlink(address->sun_path);
        return rc;
    }
    return 0;
}

int admin_socket_open(const char *path, char *error, size_t error_size)
{
    struct sockaddr_un address, temporary;

    if (set_address(&address, path, "") < 0 || set_address(&temporary, path, ".new") < 0)
        return error_text_set(error, error_size, -ENAMETOOLONG,
                              "%s is too long for a socket: a path has at most %zu bytes; set a shorter one", path,
                              sizeof address.sun_path - sizeof ".new");
    int rc = check_path(path, &address, error, error_size);
    if (rc < 0)
        return rc;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_text_set(error, error_size, -errno, "%s", strerror(errno));
    rc = bind_and_listen(fd, &temporary, path);
    if (rc == 0)
        return fd;
    close(fd);
    return error_text_set(error, error_size, rc,
                          "can't listen on %s: %s; its directory must exist, and belong to the "
                          "collector",
                          path, strerror(-rc));
}

int admin_socket_peer(int fd, unsigned *uid)
{
    struct ucred peer;
    socklen_t len = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return -errno;
    *uid = peer.uid;
    return 0;
}
