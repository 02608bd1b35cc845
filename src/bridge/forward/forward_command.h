/* headroom-bridge forward. */
#ifndef BRIDGE_FORWARD_FORWARD_COMMAND_H
#define BRIDGE_FORWARD_FORWARD_COMMAND_H

/* As command_run. */
int forward_command(int argc, char **argv);

#endif
