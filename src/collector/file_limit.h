/* Determines how many files the process may have open. */
#ifndef COLLECTOR_FILE_LIMIT_H
#define COLLECTOR_FILE_LIMIT_H

/* Raises the soft limit of open files to the hard one (LimitNOFILE=). Returns how many agents that serves, at most
 * agents_max, in addition to http_connections_max HTTP connections. */
unsigned file_limit_raise(unsigned agents_max, unsigned http_connections_max);

#endif
