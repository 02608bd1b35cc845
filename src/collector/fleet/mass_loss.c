#include "collector/fleet/mass_loss.h"

#define LOST_MIN   2U
#define LOST_PART  3U /* 1 / LOST_PART of the group */
#define HOUR_MS    3600000
#define ABOVE_PART 20 /* at most 1 / ABOVE_PART of the hour above `high` */

bool mass_loss_holds(const struct mass_loss *loss, int64_t forget_ms)
{
    return loss->under_way && forget_ms >= loss->held_ms;
}

void mass_loss_end(struct mass_loss *loss)
{
    loss->under_way = false;
    loss->lost = loss->missing = 0;
}

static unsigned lost(const struct mass_loss_tick *tick)
{
    return tick->missing + tick->left;
}

bool mass_loss_is(const struct mass_loss_tick *tick)
{
    return lost(tick) >= LOST_MIN && lost(tick) * LOST_PART >= tick->existing;
}

/* Nodes that were not forgotten at the last tick are held. */
static void begin(struct mass_loss *loss, const struct mass_loss_tick *tick)
{
    *loss = (struct mass_loss){.under_way = true,
                               .lost = lost(tick),
                               .missing = tick->missing,
                               .ticked_ms = loss->ticked_ms,
                               .since_ms = tick->now_ms,
                               .held_ms = loss->ticked_ms,
                               .hour_ms = tick->now_ms};
}

/* The hour begins anew once too much of it was above `high`. */
static bool is_carried(struct mass_loss *loss, const struct mass_loss_tick *tick)
{
    if (tick->is_above_high)
        loss->above_ms += tick->now_ms - loss->ticked_ms;
    if (tick->is_suspected || loss->above_ms > HOUR_MS / ABOVE_PART) {
        loss->hour_ms = tick->now_ms;
        loss->above_ms = 0;
    }
    return tick->now_ms - loss->hour_ms >= HOUR_MS;
}

static enum mass_loss_event continue_loss(struct mass_loss *loss, const struct mass_loss_tick *tick)
{
    bool first = !loss->returned && tick->missing < loss->missing;

    loss->returned = loss->returned || first;
    loss->lost = lost(tick);
    loss->missing = tick->missing;
    if (loss->lost == 0 || is_carried(loss, tick)) {
        bool is_whole = loss->lost == 0;
        mass_loss_end(loss);
        return is_whole ? MASS_LOSS_RETURNED : MASS_LOSS_CARRIED;
    }
    return first ? MASS_LOSS_RETURNING : MASS_LOSS_NONE;
}

enum mass_loss_event mass_loss_tick(struct mass_loss *loss, const struct mass_loss_tick *tick)
{
    enum mass_loss_event event = MASS_LOSS_NONE;

    if (loss->under_way) {
        event = continue_loss(loss, tick);
    } else if (mass_loss_is(tick) || (tick->is_suspected && tick->missing > 0)) {
        begin(loss, tick);
        event = MASS_LOSS_BEGAN;
    }
    loss->ticked_ms = tick->now_ms;
    return event;
}
