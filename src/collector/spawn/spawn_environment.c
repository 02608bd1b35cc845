#include "collector/spawn/spawn_environment.h"

#include "collector/spawn/spawn_message.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
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

int spawn_environment_init(struct spawn_environment *environment, char *const *variables)
{
    size_t count = 0;

    while (variables[count] != NULL)
        count++;
    char **kept = calloc(count + SPAWN_VARIABLES_MAX + 1, sizeof *kept);
    if (kept == NULL)
        return -ENOMEM;
    *environment = (struct spawn_environment){.variables = kept};
    for (size_t from = 0; from < count; from++)
        if (!is_private(variables[from]))
            kept[environment->count++] = variables[from];
    return 0;
}

void spawn_environment_deinit(struct spawn_environment *environment)
{
    free(environment->variables);
    *environment = (struct spawn_environment){0};
}

char **spawn_environment_with(struct spawn_environment *environment, char *const *more)
{
    unsigned count = 0;

    for (; more[count] != NULL; count++) {
        assert(count < SPAWN_VARIABLES_MAX);
        environment->variables[environment->count + count] = more[count];
    }
    environment->variables[environment->count + count] = NULL;
    return environment->variables;
}
