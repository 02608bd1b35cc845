#include "cli/key_command.h"
#include "cli/order_command.h"
#include "cli/status_command.h"
#include "common/commands.h"

static const struct command commands[] = {
    {"pin", order_command_pin},
    {"pause", order_command_pause},
    {"activate", order_command_activate},
    {"resume", order_command_resume},
    {"forget", order_command_forget},
    {"status", status_command},
    {"key", key_command},
};

static const char about[] =
    "Commands for people who run headroom-collector."
    "\vCommands:\n\n"
    "  pin GROUP=NODES   hold a group at a number of nodes for a while\n"
    "  pause GROUP       order nothing for a while\n"
    "  activate GROUP    order from this collector, although agents prefer another one\n"
    "  resume GROUP      end the pin, the pause and the activation\n"
    "  forget GROUP ...  nodes do not exist any more\n"
    "  status [GROUP]    show groups, conditions and what was ordered by hand\n"
    "  key               make keys for the fleet, its groups and its nodes\n\n"
    "See \"headroom COMMAND --help\". The exit status is 0 when it is done, 1 when the collector "
    "refuses it, 2 for an invalid command line, and 3 when the collector can't be reached or "
    "has not answered.";

int main(int argc, char **argv)
{
    static const struct command_table table = {
        .program = "headroom", .about = about, .commands = commands, .count = sizeof commands / sizeof *commands};

    return commands_run(&table, argc, argv);
}
