#include "bridge/query/query_command.h"

#include "bridge/query/query.h"
#include "collector/config/config_load.h"
#include "common/commands.h"
#include "common/flags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char about[] =
    "Asks a time series database for the values of the signals that have a query, shortly before each tick, and prints "
    "them for the collector, which runs this program by itself."
    "\vRun it by hand to see what the collector gets: \"signal NAME VALUE AGE_MS\", or \"missing NAME\" with the "
    "reason. "
    "The other flags of headroom-collector are accepted and mean the same.";

static int query_command_on_flag(int key, const char *value, void *arg)
{
    (void)key;
    (void)value;
    (void)arg;
    return 0;
}

/* For --help and the like, which print and exit. */
static void look_for_help(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {.name = "config", .key = FLAG_OWN, .arg = "FILE", .doc = "The collector's configuration file"},
        FLAGS_STANDARD,
        {0}};
    static const struct flags flags = {
        .program = "headroom-bridge query", .about = about, .options = options, .on_flag = query_command_on_flag};
    static const char *const words[] = {"--help", "-h", "--usage", "--list-flags", "--version", "-V"};
    char error[256];

    for (int i = 1; i < argc; i++)
        for (size_t j = 0; j < sizeof words / sizeof *words; j++)
            if (strcmp(argv[i], words[j]) == 0)
                (void)flags_parse(&flags, 2, (char *[]){argv[0], argv[i], NULL}, error, sizeof error);
}

/* Without log.h: the collector shows the last line as the reason why the signals are missing. */
static int fail(const char *text, int status)
{
    (void)fprintf(stderr, "%s\n", text);
    return status;
}

static int run(const struct collector_config *config)
{
    const struct query_defaults defaults = {.url = config->query_url,
                                            .token_file = config->query_token_file,
                                            .timeout_ms = config->query_timeout_ms,
                                            .tick_ms = config->settings.tick_ms};
    struct query_list list;

    if (query_list_init(&list, config->signals, config->signal_count, &defaults) < 0)
        return fail("out of memory", EXIT_FAILURE);
    int status = EXIT_SUCCESS;
    if (list.count == 0)
        status = fail("no signal has a query; add a section [signal NAME] to the configuration file", COMMANDS_USAGE);
    else if (query_run(&list, config->settings.tick_ms, config->query_ca_file) < 0)
        status = EXIT_FAILURE;
    query_list_deinit(&list);
    return status;
}

int query_command(int argc, char **argv)
{
    static struct collector_config config;
    char error[512];

    look_for_help(argc, argv);
    if (collector_config_load_settings(&config, argc, argv, error, sizeof error) < 0)
        return fail(error, COMMANDS_USAGE);
    int status = run(&config);
    collector_config_deinit(&config);
    return status;
}
