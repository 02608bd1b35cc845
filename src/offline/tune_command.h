/* headroom-scaler tune: searches better settings for recorded loads. */
#ifndef OFFLINE_TUNE_COMMAND_H
#define OFFLINE_TUNE_COMMAND_H

/* argv[0] is the name of the command. Prints, and returns the exit status. */
int tune_command(int argc, char **argv);

#endif
