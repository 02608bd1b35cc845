#include "collector/collector.h"
#include "collector/config.h"
#include "collector/journal.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    static struct collector_config config;
    char error[512];

    if (collector_config_load(&config, argc, argv, error, sizeof error) < 0) {
        fprintf(stderr, "headroom-collector: %s\n", error);
        return 2;
    }
    if (config.check) {
        collector_config_print(&config, stdout);
        collector_config_deinit(&config);
        return EXIT_SUCCESS;
    }
    journal_attach();
    return collector_run(&config, argc, argv) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
