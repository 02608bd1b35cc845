#include "common/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUPS_LOOKED_AT 256

/* ---- opening ---- */

static int judge(const struct stat *file, size_t len_max)
{
    if (S_ISDIR(file->st_mode))
        return -EISDIR;
    if (!S_ISREG(file->st_mode))
        return -ENODEV;
    if ((file->st_mode & S_IWOTH) != 0)
        return -EPERM;
    return (size_t)file->st_size > len_max ? -EFBIG : 0;
}

int secret_file_open(const char *path, size_t len_max)
{
    struct stat file;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return errno == ENXIO ? -ENODEV : -errno; /* a socket */
    int rc = fstat(fd, &file) < 0 ? -errno : judge(&file, len_max);
    if (rc < 0)
        close(fd);
    return rc < 0 ? rc : fd;
}

const char *secret_file_error(int rc)
{
    switch (rc) {
    case -EISDIR:
        return "it is a directory";
    case -ENODEV:
        return "it is a pipe, a socket or a device";
    case -EFBIG:
        return "it is too long";
    case -EPERM:
        return "every user can write to it; chmod o-w it, and replace what it holds";
    default:
        return strerror(-rc);
    }
}

/* ---- others ---- */

static bool is_own_group(gid_t group)
{
    gid_t groups[GROUPS_LOOKED_AT];
    int count = getgroups(GROUPS_LOOKED_AT, groups);

    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return group == 0 || group == getegid();
}

/* The groups' bits are also those of an access list, with which systemd lets a service read its credentials. The group
 * is root's then. */
bool secret_file_warn(const char *path, char *warning, size_t size)
{
    struct stat file;
    bool is_root = geteuid() == 0;

    if (stat(path, &file) < 0)
        return false;
    unsigned mode = file.st_mode & 0777U;
    if ((mode & S_IROTH) != 0)
        (void)snprintf(warning, size, "every user can read %s (mode %04o); chmod o-r it", path, mode);
    else if (!is_root && file.st_uid != 0 && file.st_uid != geteuid())
        (void)snprintf(warning, size, "%s belongs to another user (%u), who can change it; chown it", path,
                       (unsigned)file.st_uid);
    else if (!is_root && (mode & (S_IRGRP | S_IWGRP)) != 0 && !is_own_group(file.st_gid))
        (void)snprintf(warning, size, "a group that this program is not in (%u) can read %s (mode %04o); chmod g-rw it",
                       (unsigned)file.st_gid, path, mode);
    else
        return false;
    return true;
}
