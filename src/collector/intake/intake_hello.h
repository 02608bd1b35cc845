/* Pure. Processes a Hello: it decides whether to accept the agent, and finds the node and instance of the session. */
#ifndef COLLECTOR_INTAKE_INTAKE_HELLO_H
#define COLLECTOR_INTAKE_INTAKE_HELLO_H

#include "collector/intake/intake_state.h"
#include "common/wire.h"

#include <stdint.h>

/* Takes a Hello. Attaches the intake to the node and instance of the Hello, so that it streams, or rejects it: the
 * message is not valid, another live agent speaks for the node, or there is no room. May reject another intake, see
 * intake_take_evicted(). */
void intake_hello_take(struct intake *intake, const Headroom__Hello *hello, uint64_t now_ms, int64_t wall_ms);

#endif
