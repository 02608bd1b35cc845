#include "common/flags.h"
#include "common/parse.h"
#include "offline/forecast_command.h"
#include "offline/replay_command.h"
#include "offline/simulate_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* argv begins with the command's name. Returns the exit status. */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"forecast", forecast_command},
    {"replay", replay_command},
    {"simulate", simulate_command},
};

static const char about[] = "Runs the scaler of headroom-collector offline, on recorded data."
                            "\vCommands:\n\n"
                            "  forecast FILE...    predict the utilisation after the end of recorded metrics\n"
                            "  replay FILE...      run the scaler on recorded metrics\n"
                            "  simulate TRACE...   compare scaling policies on a recorded load\n\n"
                            "See \"headroom-scaler COMMAND --help\".";

static int on_flag(int key, const char *value, void *arg)
{
    (void)key;
    (void)value;
    (void)arg;
    return 0;
}

/* The first word is the command, or a flag. */
static int fail(int argc, char **argv)
{
    static const struct argp_option options[] = {FLAGS_STANDARD, {0}};
    const struct flags flags = {
        .program = "headroom-scaler", .about = about, .options = options, .operands = "COMMAND", .on_flag = on_flag};
    char error[256] = "a command is missing; see --help";
    const char *nearest = NULL;

    if (argc < 2 || argv[1][0] == '-') {
        (void)flags_parse(&flags, argc, argv, error, sizeof error);
    } else {
        for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
            nearest = parse_nearer(argv[1], nearest, commands[i].name);
        snprintf(error, sizeof error, "unknown command \"%.80s\"; %s%s%s", argv[1],
                 nearest != NULL ? "did you mean " : "see --help", nearest != NULL ? nearest : "",
                 nearest != NULL ? "?" : "");
    }
    (void)fprintf(stderr, "headroom-scaler: %s\n", error);
    return 2;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return fail(argc, argv);
}
