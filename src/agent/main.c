#include "agent/agent.h"
#include "agent/config/config_load.h"
#include "agent/once.h"
#include "common/log.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    static struct agent_config config;
    char error[512];

    if (agent_config_load(&config, argc, argv, error, sizeof error) < 0) {
        log_error("%s", error);
        return 2;
    }
    /* One resolver thread is enough, and the stacks of libuv's four would be a large part of the agent's memory. A
     * second one syncs the spool, so that a disk that hangs does not block name resolution. */
    setenv("UV_THREADPOOL_SIZE", config.spool[0] != '\0' ? "2" : "1", 0);
    /* A lookup can't be cancelled once it runs: a dead name server must not delay the end of the program for long. */
    setenv("RES_OPTIONS", "timeout:1 attempts:2", 0);
    int rc = config.once ? once_run(&config) : agent_run(&config);
    return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
