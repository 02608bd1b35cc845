#include "collector/intake/handshakes.h"

const char *const handshake_result_names[HANDSHAKE_RESULTS] = {
    [HANDSHAKE_ACCEPTED] = "accepted", [HANDSHAKE_UNKNOWN_KEY] = "unknown_key", [HANDSHAKE_WRONG_KEY] = "wrong_key",
    [HANDSHAKE_REVOKED] = "revoked",   [HANDSHAKE_MALFORMED] = "malformed",     [HANDSHAKE_REFUSED] = "refused",
    [HANDSHAKE_BROKEN] = "broken",     [HANDSHAKE_ABANDONED] = "abandoned"};

void handshakes_begin(struct handshakes *handshakes)
{
    handshakes->pending++;
}

void handshakes_end(struct handshakes *handshakes, enum handshake_result result, uint64_t length_us)
{
    handshakes->pending--;
    handshakes->results[result]++;
    if (result == HANDSHAKE_ACCEPTED)
        histogram_add(&handshakes->length_us, length_us, 1);
}

enum handshake_result handshakes_refusal(const struct key_claim *claim)
{
    switch (claim->verdict) {
    case KEY_MALFORMED:
        return HANDSHAKE_MALFORMED;
    case KEY_OTHER_SECRET:
        return HANDSHAKE_UNKNOWN_KEY;
    case KEY_REVOKED:
        return HANDSHAKE_REVOKED;
    case KEY_ACCEPTED:
        break;
    }
    return HANDSHAKE_WRONG_KEY;
}
