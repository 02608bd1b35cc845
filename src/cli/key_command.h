/* headroom key: makes the fleet's key, and keys for groups and nodes. */
#ifndef CLI_KEY_COMMAND_H
#define CLI_KEY_COMMAND_H

/* As struct command. */
int key_command(int argc, char **argv);

#endif
