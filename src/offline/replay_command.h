/* headroom-scaler replay: runs the scaler on recorded metrics. */
#ifndef OFFLINE_REPLAY_COMMAND_H
#define OFFLINE_REPLAY_COMMAND_H

/* argv[0] is the command's name. Prints, and returns the exit status. */
int replay_command(int argc, char **argv);

#endif
