/* headroom-scaler forecast: predicts the utilisation after the end of recorded metrics. */
#ifndef OFFLINE_FORECAST_COMMAND_H
#define OFFLINE_FORECAST_COMMAND_H

/* argv[0] is the command's name. Prints, and returns the exit status. */
int forecast_command(int argc, char **argv);

#endif
