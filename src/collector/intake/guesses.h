/* Pure. Limits how often wrong tokens are accepted for a test from one origin: GUESSES_BURST at once, and one per
 * GUESS_MS in the long run. Beyond that no token of that origin is tested, so that nobody learns whether it is right.
 *
 * The table is bounded: when it is full, a new origin replaces the one whose guesses are forgotten first. */
#ifndef COLLECTOR_INTAKE_GUESSES_H
#define COLLECTOR_INTAKE_GUESSES_H

#include "common/limits.h"

#include <stdbool.h>
#include <stdint.h>

#define GUESS_ORIGINS_MAX 1024U

struct guesses_origin {
    uint64_t origin;
    uint64_t due_ms; /* when all its wrong tokens are forgotten, at one per GUESS_MS */
};

/* All zero: none. */
struct guesses {
    struct guesses_origin at[GUESS_ORIGINS_MAX];
    unsigned count;
};

/* Whether a token from there is tested. now_ms: monotonic. */
bool guesses_allowed(const struct guesses *guesses, uint64_t origin, uint64_t now_ms);

/* It was wrong. */
void guesses_note(struct guesses *guesses, uint64_t origin, uint64_t now_ms);

#endif
