#include "bridge/forward/forward_command.h"
#include "bridge/history/history_command.h"
#include "bridge/query/query_command.h"
#include "common/commands.h"

static const struct command commands[] = {
    {"forward", forward_command},
    {"history", history_command},
    {"query", query_command},
};

static const char about[] = "Connects a collector's data to other systems, outside the collector."
                            "\vCommands:\n\n"
                            "  forward    send rows and decisions to a time series database\n"
                            "  history    ask such a database about the past, for the collector's page\n"
                            "  query      ask such a database for the values of signals; the collector runs it\n\n"
                            "See \"headroom-bridge COMMAND --help\".";

int main(int argc, char **argv)
{
    static const struct command_table table = {.program = "headroom-bridge",
                                               .about = about,
                                               .commands = commands,
                                               .count = sizeof commands / sizeof *commands};

    return commands_run(&table, argc, argv);
}
