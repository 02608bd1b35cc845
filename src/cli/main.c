#include "cli/exit_status.h"
#include "cli/order_command.h"
#include "cli/status_command.h"
#include "common/flags.h"
#include "common/parse.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"pin", order_command_pin},       {"pause", order_command_pause}, {"resume", order_command_resume},
    {"forget", order_command_forget}, {"status", status_command},
};

static const char about[] =
    "Commands for people who run headroom-collector."
    "\vCommands:\n\n"
    "  pin GROUP=NODES   hold a group at a number of nodes for a while\n"
    "  pause GROUP       order nothing for a while\n"
    "  resume GROUP      end the pin and the pause\n"
    "  forget GROUP ...  nodes do not exist any more\n"
    "  status [GROUP]    show groups, conditions and what was ordered by hand\n\n"
    "See \"headroom COMMAND --help\". The exit status is 0 when it is done, 1 when the collector "
    "refuses it, 2 for an invalid command line, and 3 when the collector can't be reached or "
    "has not answered.";

static int on_flag(int key, const char *value, void *arg)
{
    (void)key;
    (void)value;
    (void)arg;
    return 0;
}

/* The first word is a flag, or no command. */
static int fail(int argc, char **argv)
{
    static const struct argp_option options[] = {FLAGS_STANDARD, {0}};
    const struct flags flags = {
        .program = "headroom", .about = about, .options = options, .operands = "COMMAND", .on_flag = on_flag};
    char error[256] = "a command is missing; see --help";
    const char *nearest = NULL;

    if (argc < 2 || argv[1][0] == '-') {
        (void)flags_parse(&flags, argc, argv, error, sizeof error);
    } else {
        for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
            nearest = parse_nearer(argv[1], nearest, commands[i].name);
        (void)snprintf(error, sizeof error, "unknown command \"%.80s\"; %s%s%s", argv[1],
                       nearest != NULL ? "did you mean " : "see --help", nearest != NULL ? nearest : "",
                       nearest != NULL ? "?" : "");
    }
    (void)fprintf(stderr, "headroom: %s\n", error);
    return EXIT_STATUS_USAGE;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return fail(argc, argv);
}
