#include "cli/decisions_command.h"
#include "cli/describe_command.h"
#include "cli/key_command.h"
#include "cli/nodes_command.h"
#include "cli/order_command.h"
#include "cli/status_command.h"
#include "cli/top_command.h"
#include "cli/why_command.h"
#include "common/commands.h"

static const struct command commands[] = {
    {status_command, "status [GROUP]", "Show what is wrong, and the groups"},
    {top_command, "top [GROUP]", "Show groups, nodes and problems on a full screen, as they change"},
    {why_command, "why GROUP", "Explain a decision: why not more nodes, why not fewer"},
    {describe_command, "describe GROUP", "Describe a group: settings, conditions, forecasts, latest decisions"},
    {nodes_command, "nodes", "List nodes"},
    {decisions_command, "decisions", "List decisions to add or remove nodes"},
    {order_command_pin, "pin GROUP=NODES", "Hold a group at a number of nodes for a while"},
    {order_command_pause, "pause GROUP", "Order nothing for a while"},
    {order_command_activate, "activate GROUP", "Order from this collector, although agents prefer another one"},
    {order_command_resume, "resume GROUP", "End the pin, the pause and the activation"},
    {order_command_forget, "forget GROUP NODE...", "Nodes do not exist any more"},
    {key_command, "key", "Make keys for the fleet, its groups and its nodes"},
};

static const char about[] =
    "Commands for people who run headroom-collector."
    "\vSee \"headroom COMMAND --help\". Of commands that order something, the exit status is 0 when it is done, 1 when "
    "the collector refuses it, 2 for an invalid command line, and 3 when the collector can't be reached or has not "
    "answered. Of commands that show something, it is 0 when it is shown, 1 when something is wrong (status) or not "
    "known, and 2 when nothing can be shown.";

int main(int argc, char **argv)
{
    static const struct command_table table = {
        .program = "headroom", .about = about, .commands = commands, .count = sizeof commands / sizeof *commands};

    return commands_run(&table, argc, argv);
}
