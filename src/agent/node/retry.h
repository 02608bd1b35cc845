/* Pure. Decides when to try again to read a file that could not be read: after 1, 2, 4 ... ticks, at most
 * RETRY_TICKS_MAX. */
#ifndef AGENT_NODE_RETRY_H
#define AGENT_NODE_RETRY_H

#include <stdbool.h>

#define RETRY_TICKS_MAX 60U

/* All zeros at the start. */
struct retry {
    unsigned pause; /* ticks between the last two tries; 0 after a success */
    unsigned wait;  /* ticks to let pass before the next try */
};

/* Counts a tick. Returns whether it is one to try in. */
bool retry_tick(struct retry *retry);

void retry_on_failure(struct retry *retry);
void retry_on_success(struct retry *retry);

#endif
