#include "common/commands.h"
#include "offline/forecast_command.h"
#include "offline/import_command.h"
#include "offline/replay_command.h"
#include "offline/simulate_command.h"
#include "offline/tune_command.h"

static const struct command commands[] = {
    {forecast_command, "forecast FILE...", "Predict the utilisation after the end of recorded metrics"},
    {import_command, "import FILE...", "Put recorded metrics into the collector's saved state"},
    {replay_command, "replay FILE...", "Run the scaler on recorded metrics"},
    {simulate_command, "simulate LOAD...", "Compare scaling policies on recorded loads"},
    {tune_command, "tune LOAD...", "Search for better settings for recorded loads"},
};

static const char about[] = "Runs the scaler of headroom-collector offline, on recorded data."
                            "\vSee \"headroom-scaler COMMAND --help\".";

int main(int argc, char **argv)
{
    static const struct command_table table = {.program = "headroom-scaler",
                                               .about = about,
                                               .commands = commands,
                                               .count = sizeof commands / sizeof *commands};

    return commands_run(&table, argc, argv);
}
