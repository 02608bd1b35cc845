#include "scaler/anticipation.h"

#include <math.h>

#define SLACK_MS  180000 /* a job that people or a queue start comes some minutes earlier or later than yesterday */
#define MEMORY_MS 259200000.0 /* three days: one night without the job does not outweigh the others */

void anticipation_lay_out(struct anticipation *anticipation, unsigned window_steps)
{
    for (unsigned i = 0; i < ANTICIPATION_FLEETS; i++) {
        double price = anticipation->fleets[i].price;
        rehearsal_init(&anticipation->fleets[i], 0);
        anticipation->fleets[i].price = price;
        rehearsal_window_init(&anticipation->recommended[i], window_steps);
    }
}

double anticipation_peak(const struct season *season, int64_t now_ms, int64_t horizon_ms)
{
    double peak;

    return season_peak(season, now_ms, horizon_ms + SLACK_MS, &peak) ? peak * season->level : 0.0;
}

/* The fleets differ in nothing but what the dead band has left them with. */
static void become_one(struct anticipation *anticipation)
{
    double price = anticipation->fleets[ANTICIPATION_WITH].price;

    anticipation->fleets[ANTICIPATION_WITH] = anticipation->fleets[ANTICIPATION_WITHOUT];
    anticipation->fleets[ANTICIPATION_WITH].price = price;
    anticipation->recommended[ANTICIPATION_WITH] = anticipation->recommended[ANTICIPATION_WITHOUT];
}

static void run(struct anticipation *anticipation, const struct rehearsal_step *step, unsigned window_steps,
                unsigned fleet, unsigned nodes)
{
    struct rehearsal *rehearsal = &anticipation->fleets[fleet];
    struct rehearsal_window *recommended = &anticipation->recommended[fleet];

    if (rehearsal->fleet.ready == 0)
        rehearsal->fleet.ready = nodes;
    rehearsal_window_push(recommended, nodes);
    rehearsal_run(rehearsal, step, nodes, recommended, window_steps);
}

void anticipation_run(struct anticipation *anticipation, const struct rehearsal_step *step, int64_t step_ms,
                      unsigned window_steps, unsigned raw, unsigned ready, bool compares)
{
    struct rehearsal_step of_days = *step;

    anticipation->same_steps = ready > raw ? 0 : anticipation->same_steps + 1;
    if (anticipation->same_steps > window_steps + step->delay_steps)
        become_one(anticipation);
    of_days.memory = compares ? fmax((double)step_ms / MEMORY_MS, 1.0 / (1.0 + anticipation->steps)) : 0.0;
    run(anticipation, &of_days, window_steps, ANTICIPATION_WITHOUT, raw);
    run(anticipation, &of_days, window_steps, ANTICIPATION_WITH, ready);
    anticipation->steps += compares;
}

bool anticipation_leads(const struct anticipation *anticipation)
{
    return anticipation->fleets[ANTICIPATION_WITH].price < anticipation->fleets[ANTICIPATION_WITHOUT].price;
}
