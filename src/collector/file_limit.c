#include "collector/file_limit.h"

#include "common/limits.h"

#include <sys/resource.h>

#define RESERVED_FILES 96UL /* descriptors that are neither for agents nor for HTTP nor for hooks */
#define HOOK_FILES     (2UL * HOOK_RUNS_MAX + 3UL * HOOK_QUESTIONS_MAX)

unsigned file_limit_raise(unsigned agents_max, unsigned http_connections_max)
{
    struct rlimit limit;
    rlim_t reserved = RESERVED_FILES + HOOK_FILES + http_connections_max;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return agents_max;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        return agents_max;
    rlim_t room = limit.rlim_cur > reserved + RESERVED_FILES ? limit.rlim_cur - reserved : RESERVED_FILES;
    return agents_max > room ? (unsigned)room : agents_max;
}
