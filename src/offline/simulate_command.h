/* headroom-scaler simulate: compares scaling policies on recorded loads. */
#ifndef OFFLINE_SIMULATE_COMMAND_H
#define OFFLINE_SIMULATE_COMMAND_H

/* argv[0] is the command's name. Prints, and returns the exit status. */
int simulate_command(int argc, char **argv);

#endif
