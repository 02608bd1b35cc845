/* Determines how many files the process may have open. */
#ifndef COLLECTOR_FILE_LIMIT_H
#define COLLECTOR_FILE_LIMIT_H

/* How many connections there are descriptors for. */
struct file_limit {
    unsigned agents;
    unsigned strangers; /* connections of agents that speak for no node */
};

/* Raises the soft limit of open files to the hard one (LimitNOFILE=). Returns how many agents that serves, at most
 * agents_max, in addition to others_max descriptors of HTTP and of programs that report signals, and how many strangers
 * beside them: what the agents leave, STRANGERS_SCARCE to STRANGERS_MAX. */
struct file_limit file_limit_raise(unsigned agents_max, unsigned others_max);

#endif
