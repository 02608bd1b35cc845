#include "collector/fleet/reconnects.h"

static int32_t price_s(bool new_instance)
{
    return new_instance ? 2 : 1;
}

bool reconnects_allowed(const struct reconnects *reconnects, bool owner, bool new_instance, int64_t now_ms)
{
    return reconnects->due_s[owner] + price_s(new_instance) <= now_ms / 1000 + RECONNECTS_BURST;
}

void reconnects_note(struct reconnects *reconnects, bool owner, bool new_instance, int64_t now_ms)
{
    int32_t now_s = (int32_t)(now_ms / 1000);
    int32_t *due_s = &reconnects->due_s[owner];

    *due_s = (*due_s > now_s ? *due_s : now_s) + price_s(new_instance);
}
