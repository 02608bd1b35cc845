/* headroom-bridge history: asks an engine about the past of a node or a group, once.
 *
 * Happy path: it reads one line (archive_line.h) from standard input, sends a range query for each statistic of each
 * column, and prints the JSON of /api/v1/history. Failures: it prints one sentence to standard error, and nothing to
 * standard output; the exit status is 1. */
#ifndef BRIDGE_HISTORY_HISTORY_COMMAND_H
#define BRIDGE_HISTORY_HISTORY_COMMAND_H

int history_command(int argc, char **argv);

#endif
