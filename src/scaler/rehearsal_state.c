#include "scaler/rehearsal_state.h"

#include "common/limits.h"
#include "scaler/sizing.h"

void rehearsal_window_save(const struct rehearsal_window *window, struct state_text *out)
{
    unsigned blocks[REHEARSAL_BLOCKS + 1];

    blocks[0] = window->steps;
    for (unsigned i = 0; i < REHEARSAL_BLOCKS; i++)
        blocks[i + 1] = window->block[(window->at + REHEARSAL_BLOCKS - i) % REHEARSAL_BLOCKS];
    state_put_array(out, "wanted", blocks, REHEARSAL_BLOCKS + 1, sizeof *blocks);
}

bool rehearsal_window_load(struct rehearsal_window *window, struct state_cursor *cursor)
{
    unsigned blocks[REHEARSAL_BLOCKS + 1];

    if (!state_get_exactly(cursor, "wanted", blocks, REHEARSAL_BLOCKS + 1, sizeof *blocks) ||
        blocks[0] > window->block_steps)
        return false;
    window->steps = blocks[0];
    for (unsigned i = 0; i < REHEARSAL_BLOCKS; i++) {
        if (blocks[i + 1] > SIZING_NODES_MAX)
            return false;
        window->block[(window->at + REHEARSAL_BLOCKS - i) % REHEARSAL_BLOCKS] = blocks[i + 1];
    }
    return true;
}

void rehearsal_save(const struct rehearsal *r, unsigned delay_steps, struct state_text *out)
{
    unsigned nodes[REHEARSAL_DELAY_MAX + 1];

    nodes[0] = r->fleet.ready;
    for (unsigned ahead = 1; ahead <= delay_steps; ahead++)
        nodes[ahead] = r->arriving[model_fleet_place(&r->fleet, REHEARSAL_DELAY_MAX + 1, ahead)];
    state_put_array(out, "fleet", nodes, delay_steps + 1, sizeof *nodes);
}

bool rehearsal_load(struct rehearsal *r, unsigned delay_steps, struct state_cursor *cursor)
{
    unsigned nodes[REHEARSAL_DELAY_MAX + 1];

    if (!state_get_exactly(cursor, "fleet", nodes, delay_steps + 1, sizeof *nodes) || nodes[0] > SIZING_NODES_MAX)
        return false;
    rehearsal_init(r, nodes[0]);
    for (unsigned ahead = 1; ahead <= delay_steps; ahead++) {
        if (nodes[ahead] > SIZING_NODES_MAX)
            return false;
        r->arriving[ahead] = nodes[ahead];
        r->fleet.pending += nodes[ahead];
    }
    return true;
}
