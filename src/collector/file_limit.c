#include "collector/file_limit.h"

#include "common/limits.h"

#include <sys/resource.h>

#define RESERVED_FILES 96UL /* descriptors that are neither for agents nor for HTTP nor for programs */
#define HOOK_FILES     (2UL * HOOK_RUNS_MAX + 3UL * HOOK_QUESTIONS_MAX)

/* Divides the descriptors: where they don't suffice, a quarter is for strangers. */
static struct file_limit divide(rlim_t room, unsigned agents_max)
{
    rlim_t strangers = room / 4 < STRANGERS_MAX ? room / 4 : STRANGERS_MAX;

    if (strangers < STRANGERS_MIN)
        strangers = STRANGERS_MIN;
    rlim_t agents = room > 2 * strangers ? room - strangers : strangers;
    return (struct file_limit){agents < agents_max ? (unsigned)agents : agents_max, (unsigned)strangers};
}

struct file_limit file_limit_raise(unsigned agents_max, unsigned others_max)
{
    struct rlimit limit;
    rlim_t reserved = RESERVED_FILES + HOOK_FILES + others_max;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return (struct file_limit){agents_max, STRANGERS_MAX};
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        return (struct file_limit){agents_max, STRANGERS_MAX};
    return divide(limit.rlim_cur > reserved + RESERVED_FILES ? limit.rlim_cur - reserved : RESERVED_FILES, agents_max);
}
