#include "collector/autoscale/hook_environment.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_private(const char *variable)
{
    static const char *const names[] = {"NOTIFY_SOCKET=",  "WATCHDOG_",       "LISTEN_PID=",    "LISTEN_FDS=",
                                        "LISTEN_FDNAMES=", "JOURNAL_STREAM=", "HEADROOM_ORDER="};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

int hook_environment_init(struct hook_environment *environment, char *const *variables)
{
    size_t count = 0;

    while (variables[count] != NULL)
        count++;
    *environment = (struct hook_environment){.variables = calloc(count + 2, sizeof *environment->variables)};
    if (environment->variables == NULL)
        return -ENOMEM;
    for (size_t from = 0; from < count; from++)
        if (!is_private(variables[from]))
            environment->variables[environment->count++] = variables[from];
    return 0;
}

void hook_environment_deinit(struct hook_environment *environment)
{
    free(environment->variables);
    *environment = (struct hook_environment){0};
}

char **hook_environment_for(struct hook_environment *environment, uint64_t epoch, uint64_t number)
{
    snprintf(environment->order, sizeof environment->order, "HEADROOM_ORDER=%" PRIu64 ".%" PRIu64, epoch, number);
    environment->variables[environment->count] = number != 0 ? environment->order : NULL;
    return environment->variables;
}
