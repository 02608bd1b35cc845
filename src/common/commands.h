/* Runs the command that the first word of a program's command line names, and reports a word that names none. */
#ifndef COMMON_COMMANDS_H
#define COMMON_COMMANDS_H

#include <stddef.h>

#define COMMANDS_MAX   24U
#define COMMANDS_USAGE 2 /* exit status for an invalid command line */

/* argv begins with the command's name. Returns the exit status. */
typedef int command_run(int argc, char **argv);

struct command {
    command_run *run;
    const char *usage; /* its name, and the operands after a space: "pin GROUP=NODES" */
    const char *help;
};

struct command_table {
    const char *program;
    const char *about; /* for --help, see flags.h; the commands stand between its two texts */
    const struct command *commands;
    size_t count;
};

/* Returns the command's exit status, or COMMANDS_USAGE after an error message. --help and --version print and exit. */
int commands_run(const struct command_table *table, int argc, char **argv);

#endif
