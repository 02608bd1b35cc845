#include "support/hung_mount.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

bool hung_mount_prepare(void)
{
    if (access("/dev/fuse", R_OK | W_OK) == 0 && unshare(CLONE_NEWNS) == 0 &&
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
        return true;
    fprintf(stderr, "skipped: needs root and FUSE: %s\n", strerror(errno));
    return false;
}

void hung_mount_start(struct hung_mount *hung, const char *path)
{
    char options[128];

    snprintf(hung->path, sizeof hung->path, "%s", path);
    hung->fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(hung->fd, 0);
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=%u,group_id=%u", hung->fd, getuid(), getgid());
    ck_assert_int_eq(mount("hung", path, "fuse", MS_NOSUID | MS_NODEV, options), 0);
}

void hung_mount_end(struct hung_mount *hung)
{
    if (hung->fd < 0)
        return;
    close(hung->fd);
    hung->fd = -1;
    (void)umount2(hung->path, MNT_DETACH);
}
