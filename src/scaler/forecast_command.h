/* headroom-scaler forecast: what to expect after the end of recorded metrics. */
#ifndef SCALER_FORECAST_COMMAND_H
#define SCALER_FORECAST_COMMAND_H

/* argv[0] is the command's name. Prints, and returns the exit status. */
int forecast_command(int argc, char **argv);

#endif
