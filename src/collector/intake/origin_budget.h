/* Pure. Limits how often each origin may do something: `burst` times at once, and once in each_ms in the long run.
 *
 * The table is bounded: when it is full, a new origin replaces the one whose actions are forgotten first. */
#ifndef COLLECTOR_INTAKE_ORIGIN_BUDGET_H
#define COLLECTOR_INTAKE_ORIGIN_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#define ORIGIN_BUDGET_MAX 1024U

struct origin_budget_rule {
    unsigned burst;
    uint32_t each_ms;
};

struct origin_budget_entry {
    uint64_t origin;
    uint64_t due_ms; /* when all that it did is forgotten */
};

/* All zero: nobody did anything. */
struct origin_budget {
    struct origin_budget_entry at[ORIGIN_BUDGET_MAX];
    unsigned count;
};

/* Whether it may do it now. now_ms: monotonic. */
bool origin_budget_allows(const struct origin_budget *budget, struct origin_budget_rule rule, uint64_t origin,
                          uint64_t now_ms);

/* It did it. */
void origin_budget_note(struct origin_budget *budget, struct origin_budget_rule rule, uint64_t origin, uint64_t now_ms);

#endif
