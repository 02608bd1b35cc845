/* headroom status: the groups, their conditions, and what was ordered by hand. */
#ifndef CLI_STATUS_COMMAND_H
#define CLI_STATUS_COMMAND_H

/* argv begins with the command's name. Returns the exit status. */
int status_command(int argc, char **argv);

#endif
