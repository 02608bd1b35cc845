#include "collector/collector.h"
#include "collector/config/config_load.h"
#include "collector/config/config_warnings.h"
#include "collector/journal.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>

static void main_on_warning(const char *text, void *arg)
{
    (void)arg;
    log_warning("%s", text);
}

int main(int argc, char **argv)
{
    static struct collector_config config;
    char error[512];

    journal_attach();
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
    return collector_run(&config, argc, argv) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
