#include "collector/file_limit.h"

#include "common/limits.h"

#include <sys/resource.h>

#define RESERVED_FILES 96UL /* descriptors that are neither for agents nor for HTTP nor for programs */
#define HOOK_FILES     (2UL * HOOK_RUNS_MAX + 3UL * HOOK_QUESTIONS_MAX)

static rlim_t at_least(rlim_t value, rlim_t floor)
{
    return value > floor ? value : floor;
}

static rlim_t at_most(rlim_t value, rlim_t ceiling)
{
    return value < ceiling ? value : ceiling;
}

/* Strangers get what the agents leave, but in any case STRANGERS_SCARCE, or a quarter where even that is a lot. */
static struct file_limit divide(rlim_t room, unsigned agents_max)
{
    rlim_t left = room > agents_max ? room - agents_max : 0;
    rlim_t strangers = at_most(at_least(left, at_most(room / 4, STRANGERS_SCARCE)), STRANGERS_MAX);

    strangers = at_least(strangers, STRANGERS_MIN);
    rlim_t agents = room > 2 * strangers ? room - strangers : strangers;
    return (struct file_limit){(unsigned)at_most(agents, agents_max), (unsigned)strangers};
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
