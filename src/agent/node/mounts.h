/* Pure. Finds the file systems that can fill up in the text of /proc/PID/mountinfo. man proc_pid_mountinfo(5).
 *
 * Those are on a block device, or of a type that manages devices by itself (btrfs, zfs), or a container's root. Network
 * file systems are not the node's, images and other read-only ones don't fill up, and the rest has no disk. A file
 * system that is mounted more than once counts once. */
#ifndef AGENT_NODE_MOUNTS_H
#define AGENT_NODE_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#define MOUNTS_PATH_MAX 192U /* bytes of a mount point, with its 0; one that is longer does not count */

struct mount {
    unsigned major; /* 0: of no block device */
    unsigned minor;
    char path[MOUNTS_PATH_MAX];
};

/* Takes text[0 .. len). Returns how many there are, of which the first max are in list. */
unsigned mounts_parse(const char *text, size_t len, struct mount *list, unsigned max);

bool mounts_equal(const struct mount *a, const struct mount *b);

#endif
