/* Pure. Finds the directories of a process's cgroup in the file system, from /proc/PID/cgroup and /proc/PID/mountinfo.
 *
 * Version 2 has one hierarchy of cgroups. Version 1 has one for each controller, or for a few together, and a process
 * is in a cgroup of each; a hybrid host mounts both. See cgroups(7), cgroup_namespaces(7) and proc_pid_mountinfo(5). */
#ifndef AGENT_METRICS_CGROUP_PLACE_H
#define AGENT_METRICS_CGROUP_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#define CGROUP_PATH_MAX 1024U /* bytes of a directory of a cgroup, its 0 included; a longer one is not found */

enum cgroup_hierarchy {
    CGROUP_UNIFIED, /* version 2; the others are controllers of version 1 */
    CGROUP_CPU,
    CGROUP_CPUACCT,
    CGROUP_CPUSET,
    CGROUP_MEMORY,
    CGROUP_BLKIO,
    CGROUP_HIERARCHIES
};

/* One hierarchy. The ancestors of a cgroup that can be seen are the parents of dir down to the first top_len bytes. */
struct cgroup_place {
    char own[CGROUP_PATH_MAX]; /* as /proc/PID/cgroup names the cgroup: "/a/b"; "": it does not */
    char dir[CGROUP_PATH_MAX]; /* "/sys/fs/cgroup/a/b"; "": the hierarchy is not mounted */
    size_t top_len;            /* of the mount point */
    bool has_own;              /* dir is the process's own cgroup, and not only what the mount shows */
};

struct cgroup_places {
    struct cgroup_place at[CGROUP_HIERARCHIES];
};

/* All places with no cgroup and no directory. */
void cgroup_places_init(struct cgroup_places *places);

/* From the text of /proc/PID/cgroup. Of a service of systemd, the cgroup around it is taken: what limits a service is
 * meant for the program, and not for the node. */
void cgroup_places_own(struct cgroup_places *places, const char *text, size_t len);

/* From the text of /proc/PID/mountinfo, after cgroup_places_own(). Without a single mount of cgroups in it (as when it
 * can't be read), the usual mount points are assumed: is_unified says whether /sys/fs/cgroup is one of version 2. */
void cgroup_places_mounted(struct cgroup_places *places, const char *text, size_t len, bool is_unified);

/* Takes a cgroup that a person names instead of the process's own: a directory below /sys/fs/cgroup or another mount
 * point, in any hierarchy, or its path in a hierarchy. After cgroup_places_mounted(). */
void cgroup_places_name(struct cgroup_places *places, const char *name);

#endif
