#include "scaler/rehearsal.h"

#include "scaler/sizing.h"

#include <stdbool.h>

#define PLACES (REHEARSAL_DELAY_MAX + 1)

/* ---- the window ---- */

void rehearsal_window_init(struct rehearsal_window *window, unsigned longest_steps)
{
    *window = (struct rehearsal_window){.block_steps = (longest_steps + REHEARSAL_BLOCKS - 1) / REHEARSAL_BLOCKS};
    if (window->block_steps == 0)
        window->block_steps = 1;
}

void rehearsal_window_push(struct rehearsal_window *window, unsigned nodes)
{
    if (window->steps == window->block_steps) {
        window->at = (window->at + 1) % REHEARSAL_BLOCKS;
        window->block[window->at] = 0;
        window->steps = 0;
    }
    if (nodes > window->block[window->at])
        window->block[window->at] = nodes;
    window->steps++;
}

unsigned rehearsal_window_highest(const struct rehearsal_window *window, unsigned window_steps, unsigned enough)
{
    unsigned blocks = (window_steps + window->block_steps - 1) / window->block_steps;
    unsigned highest = 0;

    unsigned at = window->at;
    for (unsigned i = 0; i < blocks && i < REHEARSAL_BLOCKS && highest < enough; i++) {
        highest = window->block[at] > highest ? window->block[at] : highest;
        at = at == 0 ? REHEARSAL_BLOCKS - 1 : at - 1;
    }
    return highest;
}

/* ---- the fleet ---- */

void rehearsal_init(struct rehearsal *rehearsal, unsigned nodes)
{
    *rehearsal = (struct rehearsal){.fleet = {.ready = nodes}};
}

static unsigned clip(unsigned nodes, const struct rehearsal_step *step)
{
    if (nodes < step->nodes_min)
        return step->nodes_min;
    return nodes > step->nodes_max ? step->nodes_max : nodes;
}

/* A larger recommendation acts at once, a smaller one when the whole window agrees: once one of them is too high for a
 * scale-in, the rest of the window does not matter. Returns whether it acted. */
static bool decide(struct rehearsal *rehearsal, const struct rehearsal_step *step, unsigned raw,
                   const struct rehearsal_window *window, unsigned window_steps)
{
    unsigned current = rehearsal->fleet.ready + rehearsal->fleet.pending;
    unsigned most_in = sizing_in(current);
    unsigned goal =
        raw > current ? sizing_out(current, raw) : rehearsal_window_highest(window, window_steps, most_in + 1);
    unsigned wanted = clip(goal, step);
    bool rises = raw > current && wanted > current;

    if (!rises && wanted > most_in)
        return false;
    (void)model_fleet_scale(&rehearsal->fleet, rehearsal->arriving, PLACES, step->delay_steps, wanted);
    return true;
}

void rehearsal_run(struct rehearsal *rehearsal, const struct rehearsal_step *step, unsigned raw,
                   const struct rehearsal_window *window, unsigned window_steps)
{
    (void)model_fleet_begin_step(&rehearsal->fleet, rehearsal->arriving, PLACES);

    double paid = (rehearsal->fleet.ready + rehearsal->fleet.pending) * step->weight / step->mean_fleet;
    if (step->demand > step->high * rehearsal->fleet.ready * step->weight)
        paid += step->price;
    if (decide(rehearsal, step, raw, window, window_steps))
        paid += step->action_price;
    rehearsal->price += step->memory * (paid - rehearsal->price);
}
