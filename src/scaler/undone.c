#include "scaler/undone.h"

#include <string.h>

#define HOUR_MS INT64_C(3600000)
#define SAME    0.05 /* of the demand: a larger change is one of the load */

/* The window, doubled once for each time. */
static int64_t patience_ms(const struct undone *undone, const struct decision *d)
{
    int64_t wait_ms = d->settings.stabilization_ms > d->lead_ms ? d->settings.stabilization_ms : d->lead_ms;

    for (unsigned i = 0; i < undone->times && wait_ms < HOUR_MS; i++)
        wait_ms *= 2;
    return wait_ms < HOUR_MS ? wait_ms : HOUR_MS;
}

static bool is_forgotten(const struct undone *undone, const struct decision *d)
{
    return undone->last_ms == 0 || d->now_ms - undone->last_ms >= patience_ms(undone, d) + HOUR_MS;
}

/* Whether this scale-out is due to the last scale-in, and not to more load. */
static bool is_undoing(const struct undone *undone, const struct decision *d)
{
    bool voted = d->rule == RULE_REACTIVE || d->rule == RULE_FORECAST;

    return voted && undone->in_ms != 0 && d->now_ms - undone->in_ms < HOUR_MS &&
           d->total[d->resource] <= (1.0 + SAME) * undone->demand[d->resource];
}

void undone_note(struct undone *undone, const struct decision *d)
{
    if (d->action == ACTION_DOWN) {
        undone->in_ms = d->now_ms;
        undone->from = d->existing;
        memcpy(undone->demand, d->total, sizeof undone->demand);
        return;
    }
    if (is_undoing(undone, d)) {
        undone->times = is_forgotten(undone, d) ? 1 : undone->times + 1;
        undone->last_ms = d->now_ms;
        undone->nodes = d->to < undone->from ? d->to : undone->from;
        undone->resource = d->resource;
        undone->limit = undone->demand[d->resource];
    }
    undone->in_ms = 0;
}

void undone_withdraw(struct undone *undone, int64_t since_ms)
{
    if (undone->in_ms >= since_ms)
        undone->in_ms = 0;
}

int64_t undone_wait_ms(const struct undone *undone, const struct decision *d)
{
    int64_t wait = patience_ms(undone, d);

    if (undone->last_ms == 0 || d->now_ms - undone->last_ms >= wait)
        return 0;
    return d->total[undone->resource] < (1.0 - SAME) * undone->limit ? 0 : wait;
}
