#include "common/commands.h"

#include "common/flags.h"
#include "common/parse.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int commands_on_flag(int key, const char *value, void *arg)
{
    (void)key;
    (void)value;
    (void)arg;
    return 0;
}

/* Whether a command has the name that a word gives. */
static bool is_named(const struct command *command, const char *word)
{
    size_t len = strcspn(command->usage, " ");

    return strlen(word) == len && memcmp(word, command->usage, len) == 0;
}

/* Prints what --help and the like ask for, or writes to error why the first word is not valid. */
static void parse_first_flag(const struct command_table *table, int argc, char **argv, char *error, size_t error_size)
{
    static const struct argp_option standard[] = {{.doc = "This program:", .group = -1}, FLAGS_STANDARD, {0}};
    struct argp_option options[1 + COMMANDS_MAX + sizeof standard / sizeof *standard] = {
        {.doc = "Commands:", .group = 1}};
    size_t count = 1;

    assert(table->count <= COMMANDS_MAX);
    for (size_t i = 0; i < table->count; i++)
        options[count++] = (struct argp_option){
            .name = table->commands[i].usage, .flags = OPTION_DOC, .doc = table->commands[i].help, .group = 1};
    memcpy(&options[count], standard, sizeof standard);
    const struct flags flags = {.program = table->program,
                                .about = table->about,
                                .options = options,
                                .operands = "COMMAND",
                                .on_flag = commands_on_flag};
    (void)flags_parse(&flags, argc, argv, error, error_size);
}

static void explain_word(const struct command_table *table, const char *word, char *error, size_t error_size)
{
    const char *nearest = NULL;
    char names[COMMANDS_MAX][32];

    for (size_t i = 0; i < table->count; i++) {
        const char *usage = table->commands[i].usage;
        (void)snprintf(names[i], sizeof names[i], "%.*s", (int)strcspn(usage, " "), usage);
        nearest = parse_nearer(word, nearest, names[i]);
    }
    if (nearest != NULL)
        (void)snprintf(error, error_size, "unknown command \"%.80s\"; did you mean %s?", word, nearest);
    else
        (void)snprintf(error, error_size, "unknown command \"%.80s\"; see --help", word);
}

/* The first word is a flag, or no command. */
static int fail(const struct command_table *table, int argc, char **argv)
{
    char error[256] = "a command is missing; see --help";

    if (argc < 2 || argv[1][0] == '-')
        parse_first_flag(table, argc, argv, error, sizeof error);
    else
        explain_word(table, argv[1], error, sizeof error);
    (void)fprintf(stderr, "%s: %s\n", table->program, error);
    return COMMANDS_USAGE;
}

int commands_run(const struct command_table *table, int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < table->count; i++)
        if (is_named(&table->commands[i], argv[1]))
            return table->commands[i].run(argc - 1, argv + 1);
    return fail(table, argc, argv);
}
