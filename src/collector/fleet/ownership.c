#include "collector/fleet/ownership.h"

#include "common/limits.h"
#include "common/sha256.h"

#include <string.h>

struct proof ownership_proof(const uint8_t *secret, size_t len)
{
    static const uint8_t zeros[AGENT_SECRET_LEN];
    uint8_t digest[SHA256_LEN];
    struct proof proof = {0};

    if (len != AGENT_SECRET_LEN || memcmp(secret, zeros, len) == 0)
        return proof;
    sha256(secret, len, digest);
    memcpy(&proof, digest, sizeof proof);
    return proof;
}

bool ownership_is_owner(const struct ownership *ownership, const struct proof *proof)
{
    return !ownership_is_none(proof) && ownership_is_same(&ownership->owner, proof);
}

bool ownership_is_held(const struct ownership *ownership, bool connected, int64_t now_ms)
{
    if (ownership_is_none(&ownership->owner))
        return false;
    return connected || now_ms - (int64_t)ownership->seen_s * 1000 <= OWNERSHIP_MS;
}

void ownership_take(struct ownership *ownership, const struct proof *proof, bool held, int64_t now_ms)
{
    if (held && !ownership_is_owner(ownership, proof))
        return;
    ownership->owner = *proof;
    ownership->seen_s = (int32_t)(now_ms / 1000);
}

void ownership_leave(struct ownership *ownership, const struct proof *proof, int64_t now_ms)
{
    if (ownership_is_owner(ownership, proof))
        ownership->seen_s = (int32_t)(now_ms / 1000);
}
