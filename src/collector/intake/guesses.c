#include "collector/intake/guesses.h"

#include "common/limits.h"

static const struct origin_budget_rule rule = {.burst = GUESSES_BURST, .each_ms = GUESS_MS};

bool guesses_allowed(const struct guesses *guesses, uint64_t origin, uint64_t now_ms)
{
    return origin_budget_allows(&guesses->budget, rule, origin, now_ms);
}

void guesses_note(struct guesses *guesses, uint64_t origin, uint64_t now_ms)
{
    origin_budget_note(&guesses->budget, rule, origin, now_ms);
}
