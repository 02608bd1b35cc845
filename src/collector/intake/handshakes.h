/* Pure. Counts the handshakes of agents that encrypt, by their results. */
#ifndef COLLECTOR_INTAKE_HANDSHAKES_H
#define COLLECTOR_INTAKE_HANDSHAKES_H

#include "common/histogram.h"
#include "tls/key_ring.h"

#include <stdbool.h>
#include <stdint.h>

enum handshake_result {
    HANDSHAKE_ACCEPTED,
    HANDSHAKE_UNKNOWN_KEY, /* of another fleet, or of a secret that is no longer valid */
    HANDSHAKE_WRONG_KEY,   /* not the one for its identity */
    HANDSHAKE_REVOKED,
    HANDSHAKE_MALFORMED, /* without an identity of this version */
    HANDSHAKE_REFUSED,   /* the agent refused the collector's certificate */
    HANDSHAKE_BROKEN,    /* the peer sent something else than a handshake */
    HANDSHAKE_ABANDONED, /* the connection ended before it was done */
    HANDSHAKE_RESULTS
};

extern const char *const handshake_result_names[HANDSHAKE_RESULTS];

struct handshakes {
    uint64_t results[HANDSHAKE_RESULTS];
    uint32_t pending;           /* begun, and not done */
    struct histogram length_us; /* of those that were accepted: from the first byte to the end */
};

void handshakes_begin(struct handshakes *handshakes);
void handshakes_end(struct handshakes *handshakes, enum handshake_result result, uint64_t length_us);

/* The result of a handshake that has failed for its key, by the claim of the peer. */
enum handshake_result handshakes_refusal(const struct key_claim *claim);

#endif
