/* headroom decisions: lists decisions, and follows them. */
#ifndef CLI_DECISIONS_COMMAND_H
#define CLI_DECISIONS_COMMAND_H

/* argv begins with the command's name. Returns the exit status. */
int decisions_command(int argc, char **argv);

#endif
