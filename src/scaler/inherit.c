#include "scaler/inherit.h"

#include "scaler/predictor_state.h"
#include "scaler/scaler_memory.h"

static void take(struct predictor *heir, const struct predictor *past, int64_t shift_ms)
{
    *heir = *past;
    heir->points.points = heir->points_memory;
    predictor_shift(heir, shift_ms);
}

unsigned inherit_demand(struct scaler *heir, const struct scaler *past, int64_t shift_ms)
{
    unsigned taken = 0;

    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++) {
        if (r == RESOURCE_MEMORY || !past->predictor[r].stepped)
            continue;
        take(&heir->predictor[r], &past->predictor[r], shift_ms);
        taken++;
    }
    /* none of their times is after the last tick */
    if (taken > 0 && (heir->tick_ms == 0 || heir->ticked_ms < past->ticked_ms + shift_ms))
        heir->ticked_ms = past->ticked_ms + shift_ms;
    if (taken > 0 && heir->tick_ms == 0) {
        heir->tick_ms = past->tick_ms;
        heir->lead_ms = past->lead_ms;
        heir->regrouped.is_emptied = true; /* no minimum before its first node */
    }
    return taken;
}

/* A group whose nodes were moved to another group has no nodes either, but knows when that was. */
bool inherit_is_unused(const struct scaler *scaler)
{
    bool is_known = false;

    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        is_known = is_known || scaler->predictor[r].stepped;
    return is_known && scaler->regrouped.is_emptied && scaler->regrouped.moved_ms == 0;
}
