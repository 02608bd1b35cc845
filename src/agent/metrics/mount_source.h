/* Pure. How full the file systems are: one source finds them, and each of them is a source of its own, so that one that
 * hangs does not hide the others. */
#ifndef AGENT_METRICS_MOUNT_SOURCE_H
#define AGENT_METRICS_MOUNT_SOURCE_H

#include "agent/metrics/source.h"
#include "agent/node/mounts.h"

#include <stdbool.h>

#define MOUNT_SOURCE_MAX 16U /* file systems that count; the source that finds them complains about more */

extern const struct source mount_source_list;
extern const struct source mount_source_usage;

/* The state of mount_source_list. */
struct mount_list {
    struct node_file mountinfo;
    unsigned count; /* as last read */
    struct mount mounts[MOUNT_SOURCE_MAX];
};

bool mount_source_has(const struct mount_list *list, const struct mount *mount);

/* The state of mount_source_usage. */
struct mount_usage {
    struct mount mount;              /* of which it is; path "": none */
    char name[MOUNTS_PATH_MAX + 20]; /* "file system /home" */
};

/* mount NULL: none. */
void mount_source_set(struct mount_usage *usage, const struct mount *mount);

#endif
