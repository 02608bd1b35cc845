/* headroom-scaler import: puts recorded metrics into the saved state of a collector. */
#ifndef OFFLINE_IMPORT_COMMAND_H
#define OFFLINE_IMPORT_COMMAND_H

/* Returns the exit status. */
int import_command(int argc, char **argv);

#endif
