#include "agent/departure.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *unit;
    enum departure departure;
} ends[] = {
    {" poweroff.target ", DEPARTURE_LEAVE},     {" halt.target ", DEPARTURE_LEAVE},
    {" reboot.target ", DEPARTURE_REBOOT},      {" kexec.target ", DEPARTURE_REBOOT},
    {" soft-reboot.target ", DEPARTURE_REBOOT},
};

/* Whether a line has the unit, and a job that starts it: "123 poweroff.target start waiting". */
static bool has_start(const char *jobs, const char *unit)
{
    const char *at = strstr(jobs, unit);

    if (at == NULL)
        return false;
    at += strlen(unit);
    at += strspn(at, " ");
    return strncmp(at, "start", 5) == 0;
}

enum departure departure_of(bool is_main, const char *jobs)
{
    if (is_main)
        return DEPARTURE_LEAVE;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (has_start(jobs, ends[i].unit))
            return ends[i].departure;
    return DEPARTURE_RESTART;
}
