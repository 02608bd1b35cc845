/* A file system that hangs: FUSE, whose server never answers. Others do not see it: it is in a mount namespace of the
 * calling thread's own, and of the threads that it creates afterwards, and ends with them. */
#ifndef SUPPORT_HUNG_MOUNT_H
#define SUPPORT_HUNG_MOUNT_H

#include <limits.h>
#include <stdbool.h>

struct hung_mount {
    char path[PATH_MAX];
    int fd; /* of the server; -1: not mounted */
};

/* Before any thread is created. false where the test may not mount (not root, no FUSE); it says so. */
bool hung_mount_prepare(void);

/* On the folder. */
void hung_mount_start(struct hung_mount *hung, const char *path);

/* All that hang get an error, and the folder is what it was before. Also if it was not started. */
void hung_mount_end(struct hung_mount *hung);

#endif
