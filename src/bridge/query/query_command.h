/* headroom-bridge query. */
#ifndef BRIDGE_QUERY_QUERY_COMMAND_H
#define BRIDGE_QUERY_QUERY_COMMAND_H

/* Returns the exit status. */
int query_command(int argc, char **argv);

#endif
