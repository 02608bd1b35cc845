/* headroom top: groups and nodes on a full screen, as they change. */
#ifndef CLI_TOP_COMMAND_H
#define CLI_TOP_COMMAND_H

/* Returns the exit status. */
int top_command(int argc, char **argv);

#endif
