#include "collector/intake/newcomers.h"

#include "common/hash.h"

#include <stddef.h>
#include <string.h>

#define HOUR_MS     3600000U
#define BURST_HOURS 4U /* in which as many come as at once */

static struct origin_budget_rule rule_of(unsigned agents_max)
{
    unsigned burst = agents_max > NEWCOMERS_BURST_MIN ? agents_max : NEWCOMERS_BURST_MIN;

    return (struct origin_budget_rule){.burst = burst, .each_ms = BURST_HOURS * HOUR_MS / burst};
}

/* The key of a node brings one node only, and that of the fleet is everybody's: who misuses it must not keep others
 * out.
 */
static bool has_group_key(const struct newcomer *newcomer)
{
    const struct key_identity *identity = newcomer->identity;

    return identity != NULL && strcmp(identity->node, KEY_ANY) == 0 && strcmp(identity->group, KEY_ANY) != 0;
}

static uint64_t key_of(const struct key_identity *identity)
{
    uint64_t hash = hash_fnv1a(hash_fnv1a_begin(), identity->epoch, strlen(identity->epoch));

    return hash_fnv1a(hash, identity->group, strlen(identity->group));
}

unsigned newcomers_per_hour(unsigned agents_max)
{
    return HOUR_MS / rule_of(agents_max).each_ms;
}

bool newcomers_allowed(const struct newcomers *newcomers, const struct newcomer *newcomer)
{
    const struct origin_budget_rule rule = rule_of(newcomer->agents_max);

    if (newcomer->agents_max == 0)
        return true;
    if (!origin_budget_allows(&newcomers->origins, rule, newcomer->origin, newcomer->now_ms))
        return false;
    return !has_group_key(newcomer) ||
           origin_budget_allows(&newcomers->group_keys, rule, key_of(newcomer->identity), newcomer->now_ms);
}

void newcomers_note(struct newcomers *newcomers, const struct newcomer *newcomer)
{
    const struct origin_budget_rule rule = rule_of(newcomer->agents_max);

    if (newcomer->agents_max == 0)
        return;
    origin_budget_note(&newcomers->origins, rule, newcomer->origin, newcomer->now_ms);
    if (has_group_key(newcomer))
        origin_budget_note(&newcomers->group_keys, rule, key_of(newcomer->identity), newcomer->now_ms);
}
