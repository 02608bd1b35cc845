/* headroom describe: describes a group. */
#ifndef CLI_DESCRIBE_COMMAND_H
#define CLI_DESCRIBE_COMMAND_H

/* argv begins with the command's name. Returns the exit status. */
int describe_command(int argc, char **argv);

#endif
