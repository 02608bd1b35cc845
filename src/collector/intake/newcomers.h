/* Pure. Limits how many nodes that the collector does not know come from one origin, and with the key of one group: as
 * many as there may be agents at once, and a quarter of that in each hour later. So a whole fleet behind one address
 * gets in at its first start, and nobody fills the places of nodes with invented names. */
#ifndef COLLECTOR_INTAKE_NEWCOMERS_H
#define COLLECTOR_INTAKE_NEWCOMERS_H

#include "collector/intake/origin_budget.h"
#include "tls/key_identity.h"

#include <stdbool.h>
#include <stdint.h>

#define NEWCOMERS_BURST_MIN 1000U /* where max-agents is small */

/* All zero: none. */
struct newcomers {
    struct origin_budget origins;
    struct origin_budget group_keys;
};

/* identity: of the key that the peer has proved; NULL: it has none, or a certificate. */
struct newcomer {
    uint64_t origin;
    const struct key_identity *identity;
    unsigned agents_max; /* 0: not limited */
    uint64_t now_ms;
};

/* How many nodes an hour are let in beyond the first ones. */
unsigned newcomers_per_hour(unsigned agents_max);

/* Whether a new node may come from there. */
bool newcomers_allowed(const struct newcomers *newcomers, const struct newcomer *newcomer);

/* It has come. */
void newcomers_note(struct newcomers *newcomers, const struct newcomer *newcomer);

#endif
