#include "common/commands.h"
#include "offline/forecast_command.h"
#include "offline/import_command.h"
#include "offline/replay_command.h"
#include "offline/simulate_command.h"
#include "offline/tune_command.h"

static const struct command commands[] = {
    {"forecast", forecast_command}, {"import", import_command}, {"replay", replay_command},
    {"simulate", simulate_command}, {"tune", tune_command},
};

static const char about[] = "Runs the scaler of headroom-collector offline, on recorded data."
                            "\vCommands:\n\n"
                            "  forecast FILE...    predict the utilisation after the end of recorded metrics\n"
                            "  import FILE...      put recorded metrics into the collector's saved state\n"
                            "  replay FILE...      run the scaler on recorded metrics\n"
                            "  simulate LOAD...    compare scaling policies on recorded loads\n"
                            "  tune LOAD...        search better settings for recorded loads\n\n"
                            "See \"headroom-scaler COMMAND --help\".";

int main(int argc, char **argv)
{
    static const struct command_table table = {.program = "headroom-scaler",
                                               .about = about,
                                               .commands = commands,
                                               .count = sizeof commands / sizeof *commands};

    return commands_run(&table, argc, argv);
}
