#include "agent/node_source.h"

const char *node_source_path(enum node_file file)
{
    static const char *const paths[NODE_FILE_COUNT] = {
        [NODE_STAT] = "/proc/stat",
        [NODE_MEMINFO] = "/proc/meminfo",
        [NODE_LOADAVG] = "/proc/loadavg",
        [NODE_DISKSTATS] = "/proc/diskstats",
        [NODE_NET_DEV] = "/proc/net/dev",
        [NODE_PSI_CPU] = "/proc/pressure/cpu",
        [NODE_PSI_MEMORY] = "/proc/pressure/memory",
        [NODE_PSI_IO] = "/proc/pressure/io",
    };

    return paths[file];
}
