#include "common/commands.h"

#include "common/flags.h"
#include "common/parse.h"

#include <stdio.h>
#include <string.h>

static int commands_on_flag(int key, const char *value, void *arg)
{
    (void)key;
    (void)value;
    (void)arg;
    return 0;
}

/* The first word is a flag, or no command. */
static int fail(const struct command_table *table, int argc, char **argv)
{
    static const struct argp_option options[] = {FLAGS_STANDARD, {0}};
    const struct flags flags = {.program = table->program,
                                .about = table->about,
                                .options = options,
                                .operands = "COMMAND",
                                .on_flag = commands_on_flag};
    char error[256] = "a command is missing; see --help";
    const char *nearest = NULL;

    if (argc < 2 || argv[1][0] == '-') {
        (void)flags_parse(&flags, argc, argv, error, sizeof error);
    } else {
        for (size_t i = 0; i < table->count; i++)
            nearest = parse_nearer(argv[1], nearest, table->commands[i].name);
        snprintf(error, sizeof error, "unknown command \"%.80s\"; %s%s%s", argv[1],
                 nearest != NULL ? "did you mean " : "see --help", nearest != NULL ? nearest : "",
                 nearest != NULL ? "?" : "");
    }
    (void)fprintf(stderr, "%s: %s\n", table->program, error);
    return COMMANDS_USAGE;
}

int commands_run(const struct command_table *table, int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < table->count; i++)
        if (strcmp(argv[1], table->commands[i].name) == 0)
            return table->commands[i].run(argc - 1, argv + 1);
    return fail(table, argc, argv);
}
