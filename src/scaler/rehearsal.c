#include "scaler/rehearsal.h"

#include "scaler/sizing.h"

#include <stdbool.h>

#define PLACES (REHEARSAL_DELAY_MAX + 1)

void wanted_init(struct wanted *wanted, unsigned longest_steps)
{
    *wanted = (struct wanted){.block_steps = (longest_steps + WANTED_BLOCKS - 1) / WANTED_BLOCKS};
    if (wanted->block_steps == 0)
        wanted->block_steps = 1;
}

void wanted_push(struct wanted *wanted, unsigned nodes)
{
    if (wanted->steps == wanted->block_steps) {
        wanted->at = (wanted->at + 1) % WANTED_BLOCKS;
        wanted->block[wanted->at] = 0;
        wanted->steps = 0;
    }
    if (nodes > wanted->block[wanted->at])
        wanted->block[wanted->at] = nodes;
    wanted->steps++;
}

unsigned wanted_highest(const struct wanted *wanted, unsigned window_steps)
{
    unsigned blocks = (window_steps + wanted->block_steps - 1) / wanted->block_steps;
    unsigned highest = 0;

    unsigned at = wanted->at;
    for (unsigned i = 0; i < blocks && i < WANTED_BLOCKS; i++) {
        highest = wanted->block[at] > highest ? wanted->block[at] : highest;
        at = at == 0 ? WANTED_BLOCKS - 1 : at - 1;
    }
    return highest;
}

void rehearsal_init(struct rehearsal *rehearsal, unsigned nodes)
{
    *rehearsal = (struct rehearsal){.ready = nodes};
}

static void add(struct rehearsal *rehearsal, unsigned nodes, unsigned delay_steps)
{
    rehearsal->arriving[(rehearsal->at + delay_steps) % PLACES] += nodes;
    rehearsal->pending += nodes;
}

/* The newest orders are cancelled first. */
static void take(struct rehearsal *rehearsal, unsigned nodes, unsigned delay_steps)
{
    for (unsigned ahead = delay_steps; ahead > 0 && nodes > 0 && rehearsal->pending > 0; ahead--) {
        unsigned *order = &rehearsal->arriving[(rehearsal->at + ahead) % PLACES];
        unsigned cancelled = nodes < *order ? nodes : *order;
        *order -= cancelled;
        rehearsal->pending -= cancelled;
        nodes -= cancelled;
    }
    rehearsal->ready -= nodes;
}

static unsigned clip(unsigned nodes, const struct rehearsal_step *step)
{
    if (nodes < step->nodes_min)
        return step->nodes_min;
    return nodes > step->nodes_max ? step->nodes_max : nodes;
}

static bool decide(struct rehearsal *rehearsal, const struct rehearsal_step *step, unsigned raw, unsigned highest)
{
    unsigned current = rehearsal->ready + rehearsal->pending;
    unsigned wanted = clip(raw > current ? raw : highest, step);

    if (raw <= current && wanted > current)
        return false; /* held by the window */
    if (!sizing_worth(current, wanted))
        return false;
    if (wanted > current)
        add(rehearsal, wanted - current, step->delay_steps);
    else
        take(rehearsal, current - wanted, step->delay_steps);
    return true;
}

void rehearsal_run(struct rehearsal *rehearsal, const struct rehearsal_step *step, unsigned raw, unsigned highest)
{
    rehearsal->at = (rehearsal->at + 1) % PLACES;
    unsigned arrived = rehearsal->arriving[rehearsal->at];
    rehearsal->arriving[rehearsal->at] = 0;
    rehearsal->ready += arrived;
    rehearsal->pending -= arrived;

    double paid = (rehearsal->ready + rehearsal->pending) * step->weight / step->mean_fleet;
    if (step->demand > step->high * rehearsal->ready * step->weight)
        paid += step->price;
    if (decide(rehearsal, step, raw, highest))
        paid += step->action_price;
    rehearsal->price += step->memory * (paid - rehearsal->price);
}
