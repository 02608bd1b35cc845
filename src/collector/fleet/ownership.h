/* Pure. Which agent may speak for a node: the owner, the agent that has shown its secret first.
 *
 * An agent's Hello shows a random secret that it keeps with its spool, or in memory without one. The collector keeps a
 * digest of it, the proof, of the node's owner and of each instance:
 *   - An instance that began with a proof is continued only with the same one: nobody else gets its resume_seq and its
 *     acknowledgements.
 *   - The owner takes its node over at any time, and while it is connected nobody else does. When it is not, another
 *     agent may speak for the node: a machine that was installed anew has another secret. It is replaced as soon as the
 *     owner returns.
 *   - An owner that has not connected for OWNERSHIP_MS is none any more: the next agent is the owner.
 * Agents that show no secret can be told apart by their instance only. Times are the collector's monotonic clock. */
#ifndef COLLECTOR_FLEET_OWNERSHIP_H
#define COLLECTOR_FLEET_OWNERSHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OWNERSHIP_MS 3600000

/* The first half of the SHA-256 digest. All zero: none. */
struct proof {
    uint64_t words[2];
};

struct ownership {
    struct proof owner;
    int32_t seen_s; /* when the owner last was connected, in seconds */
};

static inline bool ownership_is_none(const struct proof *proof)
{
    return (proof->words[0] | proof->words[1]) == 0;
}

static inline bool ownership_is_same(const struct proof *a, const struct proof *b)
{
    return a->words[0] == b->words[0] && a->words[1] == b->words[1];
}

/* None for a secret that is not AGENT_SECRET_LEN bytes long, or all zero. */
struct proof ownership_proof(const uint8_t *secret, size_t len);

/* Whether the node has an owner. connected: the owner is, now. */
bool ownership_is_held(const struct ownership *ownership, bool connected, int64_t now_ms);

/* Whether the proof is the owner's; false if there is none. */
bool ownership_is_owner(const struct ownership *ownership, const struct proof *proof);

/* An agent speaks for the node: it is the owner, or becomes it if there is none. */
void ownership_take(struct ownership *ownership, const struct proof *proof, bool held, int64_t now_ms);

/* The session of an agent has ended. */
void ownership_leave(struct ownership *ownership, const struct proof *proof, int64_t now_ms);

#endif
