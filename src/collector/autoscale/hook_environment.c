#include "collector/autoscale/hook_environment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_private(const char *variable)
{
    static const char *const names[] = {
        "NOTIFY_SOCKET=", "WATCHDOG_", "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=", "JOURNAL_STREAM="};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

char **hook_environment_new(char *const *variables)
{
    size_t count = 0;

    while (variables[count] != NULL)
        count++;
    char **list = calloc(count + 1, sizeof *list);
    if (list == NULL)
        return NULL;
    for (size_t from = 0, to = 0; from < count; from++)
        if (!is_private(variables[from]))
            list[to++] = variables[from];
    return list;
}
