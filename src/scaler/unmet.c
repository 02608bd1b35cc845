#include "scaler/unmet.h"

#include <stddef.h>

void unmet_note(struct unmet *unmet, const struct unmet_order *order, int64_t repeat_ms, unsigned nodes)
{
    const struct unmet_order *last = unmet->count > 0 ? &unmet->order[unmet->count - 1] : NULL;

    unmet->nodes = nodes;
    if (unmet->count < UNMET_TIMES && (last == NULL || order->time_ms - last->time_ms >= repeat_ms))
        unmet->order[unmet->count++] = *order;
}

void unmet_withdraw(struct unmet *unmet, int64_t since_ms)
{
    while (unmet->count > 0 && unmet->order[unmet->count - 1].time_ms >= since_ms)
        unmet->count--;
}

bool unmet_step(struct unmet *unmet, unsigned joined, unsigned lacking)
{
    if (joined > 0 || lacking == 0)
        *unmet = (struct unmet){0};
    if (unmet->count < UNMET_TIMES || unmet->is_given_up)
        return false;
    unmet->is_given_up = true;
    return true;
}
