#include "scaler/app_state.h"

#include "scaler/history_state.h"
#include "scaler/scaler_memory.h"
#include "scaler/trend_state.h"

static const char undone_name[] = "app-undone";
static const char demand_name[] = "app";

void app_state_save(const struct scaler *scaler, struct state_text *out)
{
    const double *undone = &scaler->undone.demand[RESOURCE_APP];
    const struct history *demand = &scaler->demand[RESOURCE_APP];

    if (*undone <= 0.0 && demand->count == 0)
        return;
    state_put_array(out, undone_name, undone, 1, sizeof *undone);
    history_save_whole(demand, demand_name, out);
    trend_save(&scaler->trend[RESOURCE_APP], out);
}

bool app_state_load(struct scaler *scaler, struct state_cursor *cursor)
{
    return !state_comes(cursor, undone_name) ||
           (state_get_doubles(cursor, undone_name, &scaler->undone.demand[RESOURCE_APP], 1) &&
            history_load_whole(&scaler->demand[RESOURCE_APP], demand_name, scaler->ticked_ms, cursor) &&
            trend_load(&scaler->trend[RESOURCE_APP], &scaler->demand[RESOURCE_APP], cursor));
}
