/* Pure. Bounds how often input wakes the loop: a token bucket.
 *
 * With thousands of agents there is always input. A process that is woken for each frame spends more on waking than on
 * the frame; one that looks each WAKE_MS serves all frames that have come meanwhile for the price of one wake-up. A few
 * agents are served at once: up to WAKE_BURST wake-ups, and one each WAKE_MS in the long run. */
#ifndef COLLECTOR_INTAKE_WAKE_BUDGET_H
#define COLLECTOR_INTAKE_WAKE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#define WAKE_MS    10U
#define WAKE_BURST 50U

/* All zero to begin with. */
struct wake_budget {
    uint64_t due_us; /* when the next wake-up is due at one each WAKE_MS */
};

/* Input has woken the loop. false: the budget is used up, and the loop should look at the clock instead. now_us:
 * monotonic. */
bool wake_budget_take(struct wake_budget *budget, uint64_t now_us);

#endif
