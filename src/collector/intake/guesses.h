/* Pure. Limits how often wrong tokens are accepted for a test from one origin: GUESSES_BURST at once, and one per
 * GUESS_MS in the long run. Beyond that no token of that origin is tested, so that nobody learns whether it is right.
 */
#ifndef COLLECTOR_INTAKE_GUESSES_H
#define COLLECTOR_INTAKE_GUESSES_H

#include "collector/intake/origin_budget.h"

#include <stdbool.h>
#include <stdint.h>

/* All zero: none. */
struct guesses {
    struct origin_budget budget;
};

/* Whether a token from there is tested. now_ms: monotonic. */
bool guesses_allowed(const struct guesses *guesses, uint64_t origin, uint64_t now_ms);

/* It was wrong. */
void guesses_note(struct guesses *guesses, uint64_t origin, uint64_t now_ms);

#endif
