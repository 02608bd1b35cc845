#include "bridge/forward/forward_command.h"

#include "bridge/forward/forward.h"
#include "common/commands.h"
#include "common/log.h"

#include <stdlib.h>

int forward_command(int argc, char **argv)
{
    static struct forward_config config;
    const struct forward_directories directories = {getenv("STATE_DIRECTORY"), getenv("RUNTIME_DIRECTORY")};
    char error[512];

    config = forward_config_defaults;
    if (forward_config_parse(&config, argc, argv, &directories, error, sizeof error) < 0) {
        log_error("%s", error);
        return COMMANDS_USAGE;
    }
    return forward_run(&config) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
