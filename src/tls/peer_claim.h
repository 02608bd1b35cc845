/* Pure. Who the client of a channel is, as far as it has shown. */
#ifndef TLS_PEER_CLAIM_H
#define TLS_PEER_CLAIM_H

#include "tls/certificate_claim.h"
#include "tls/key_ring.h"

#include <stdbool.h>
#include <stdint.h>

enum peer_proof { PEER_KEY, PEER_CERTIFICATE };

struct peer_claim {
    enum peer_proof proof; /* by which of the next two; a certificate only once the channel is sealed */
    struct key_claim key;
    struct certificate_claim certificate;
    bool ends;        /* it is no longer accepted: the peer is rejected behind its next Ack */
    uint32_t version; /* of what it was judged by last, if the owner counts the changes */
};

#endif
