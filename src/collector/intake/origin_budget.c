#include "collector/intake/origin_budget.h"

#include <stddef.h>

static const struct origin_budget_entry *find(const struct origin_budget *budget, uint64_t origin)
{
    for (unsigned i = 0; i < budget->count; i++)
        if (budget->at[i].origin == origin)
            return &budget->at[i];
    return NULL;
}

bool origin_budget_allows(const struct origin_budget *budget, struct origin_budget_rule rule, uint64_t origin,
                          uint64_t now_ms)
{
    const struct origin_budget_entry *known = find(budget, origin);

    return known == NULL || known->due_ms + rule.each_ms <= now_ms + (uint64_t)rule.burst * rule.each_ms;
}

/* The entry of the origin, or one for it: a free one, or the one that is forgotten first. */
static struct origin_budget_entry *ensure(struct origin_budget *budget, uint64_t origin, uint64_t now_ms)
{
    struct origin_budget_entry *oldest = NULL;

    for (unsigned i = 0; i < budget->count; i++) {
        struct origin_budget_entry *each = &budget->at[i];
        if (each->origin == origin)
            return each;
        if (oldest == NULL || each->due_ms < oldest->due_ms)
            oldest = each;
    }
    if (budget->count < ORIGIN_BUDGET_MAX && (oldest == NULL || oldest->due_ms > now_ms))
        oldest = &budget->at[budget->count++];
    *oldest = (struct origin_budget_entry){.origin = origin};
    return oldest;
}

void origin_budget_note(struct origin_budget *budget, struct origin_budget_rule rule, uint64_t origin, uint64_t now_ms)
{
    struct origin_budget_entry *entry = ensure(budget, origin, now_ms);

    entry->due_ms = (entry->due_ms > now_ms ? entry->due_ms : now_ms) + rule.each_ms;
}
