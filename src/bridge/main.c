#include "bridge/forward/forward_command.h"
#include "bridge/history/history_command.h"
#include "bridge/query/query_command.h"
#include "common/commands.h"

static const struct command commands[] = {
    {forward_command, "forward", "Send rows and decisions to a time series database"},
    {history_command, "history", "Ask such a database about the past, for the collector's page"},
    {query_command, "query", "Ask such a database for the values of signals; the collector runs it"},
};

static const char about[] = "Connects a collector's data to other systems, outside the collector."
                            "\vSee \"headroom-bridge COMMAND --help\".";

int main(int argc, char **argv)
{
    static const struct command_table table = {.program = "headroom-bridge",
                                               .about = about,
                                               .commands = commands,
                                               .count = sizeof commands / sizeof *commands};

    return commands_run(&table, argc, argv);
}
