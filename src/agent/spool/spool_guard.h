/* Ends the agent with a message when its mapped spool can't be accessed any more: another program has truncated the
 * file, or its disk fails. The kernel reports that with SIGBUS, at whatever instruction reads or writes the spool.
 *
 * The agent can't go on: the state that says which samples are acknowledged is in the file. The next start uses what is
 * left of it and begins a new instance. One spool a process: a signal handler finds it in static memory. */
#ifndef AGENT_SPOOL_SPOOL_GUARD_H
#define AGENT_SPOOL_SPOOL_GUARD_H

#include <stddef.h>

/* map: len bytes that stay mapped until spool_guard_disarm(). */
void spool_guard_arm(const void *map, size_t len, const char *path);
void spool_guard_disarm(void);

#endif
