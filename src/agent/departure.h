/* Pure. Decides what the agent's Goodbye says of its node: that it leaves, restarts, or reboots.
 *
 * Leaving: the agent is the main process of a container, which ends with it; or the machine is powered off or halted.
 * Restarting: everything else. Whoever stops only the agent, as an update does, or systemctl stop, does not take the
 * node away: it still carries its load, and if the agent does not return within its grace the node is missing, which
 * never removes another one. */
#ifndef AGENT_DEPARTURE_H
#define AGENT_DEPARTURE_H

#include <stdbool.h>

enum departure { DEPARTURE_RESTART, DEPARTURE_REBOOT, DEPARTURE_LEAVE };

/* The rule: auto. is_main: the agent is the first process of its container. jobs: those of the service manager, as
 * systemctl list-jobs prints them; empty: unknown, or there is no service manager. */
enum departure departure_of(bool is_main, const char *jobs);

#endif
