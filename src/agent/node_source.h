/* Pure. The interface through which the agent's pure code reads a node: probe implements it with files, and tests
 * with texts. */
#ifndef AGENT_NODE_SOURCE_H
#define AGENT_NODE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

enum node_file {
    NODE_STAT,
    NODE_MEMINFO,
    NODE_LOADAVG,
    NODE_DISKSTATS,
    NODE_NET_DEV,
    NODE_PSI_CPU,
    NODE_PSI_MEMORY,
    NODE_PSI_IO,
    NODE_FILE_COUNT
};

/* Where it is, below the root of the node. */
const char *node_source_path(enum node_file file);

struct node_source {
    /* The file as it is now: its first 4096 bytes or, if whole, all of it. Returns its length, 0 when it can't be read
     * now, and *text, which is not 0-terminated and lives until the next call. */
    size_t (*read)(enum node_file file, bool whole, const char **text, void *arg);

    /* path: begins with "/sys/". Whether it exists; whether it is a file that begins with a 1. */
    bool (*exists)(const char *path, void *arg);
    bool (*is_set)(const char *path, void *arg);
    void *arg;
};

#endif
