#include "collector/collector.h"
#include "collector/config/config_load.h"
#include "collector/config/config_warnings.h"
#include "collector/journal.h"
#include "collector/spawn/spawn_process.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void main_on_warning(const char *text, void *arg)
{
    (void)arg;
    log_warning("%s", text);
}

/* Returns the exit status. */
static int run(int argc, char **argv, struct spawn_process *spawn)
{
    static struct collector_config config;
    char error[512];

    if (collector_config_load(&config, argc, argv, error, sizeof error) < 0) {
        log_error("%s", error);
        return 2;
    }
    config_warnings_each(&config, main_on_warning, NULL);
    if (config.check) {
        collector_config_print(&config, stdout);
        collector_config_deinit(&config);
        return EXIT_SUCCESS;
    }
    return collector_run(&config, argc, argv, spawn) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct spawn_process spawn = {0};

    journal_attach();
    int rc = spawn_process_start(&spawn, argv, environ);
    if (rc < 0) {
        log_error("can't start the process that starts hooks: %s", strerror(-rc));
        return EXIT_FAILURE;
    }
    int status = run(argc, argv, &spawn);
    spawn_process_end(&spawn);
    return status;
}
