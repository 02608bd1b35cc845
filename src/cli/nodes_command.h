/* headroom nodes: lists nodes. */
#ifndef CLI_NODES_COMMAND_H
#define CLI_NODES_COMMAND_H

/* argv begins with the command's name. Returns the exit status. */
int nodes_command(int argc, char **argv);

#endif
