#include "bridge/forward/forward_command.h"

#include "bridge/forward/forward.h"
#include "common/commands.h"
#include "common/log.h"

#include <stdlib.h>

int forward_command(int argc, char **argv)
{
    static struct forward_config config;
    char error[512];

    config = forward_config_defaults;
    if (forward_config_parse(&config, argc, argv, getenv("STATE_DIRECTORY"), error, sizeof error) < 0) {
        log_error("%s", error);
        return COMMANDS_USAGE;
    }
    return forward_run(&config) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
