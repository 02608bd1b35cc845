/* Pure. A fleet that consists only of numbers: ready nodes, and ordered nodes that become ready a fixed number of steps
 * later. For the rehearsals of the predictor, and for simulations.
 *
 * The orders are a ring, arriving[places], which belongs to the caller and is all zeros at first. It has a place for
 * each step from the present one to the longest delay, so places is above every delay. */
#ifndef SCALER_MODEL_FLEET_H
#define SCALER_MODEL_FLEET_H

/* All zeros but `ready` before the first step. */
struct model_fleet {
    unsigned ready;
    unsigned pending; /* ordered and not ready yet */
    unsigned at;      /* the place of the present step in the ring */
};

/* The place of the nodes that become ready `ahead` steps from now; ahead < places. */
static inline unsigned model_fleet_place(const struct model_fleet *fleet, unsigned places, unsigned ahead)
{
    return fleet->at + ahead < places ? fleet->at + ahead : fleet->at + ahead - places;
}

/* Begins the next step. Returns how many nodes have become ready. */
static inline unsigned model_fleet_begin_step(struct model_fleet *fleet, unsigned *arriving, unsigned places)
{
    fleet->at = model_fleet_place(fleet, places, 1);
    unsigned arrived = arriving[fleet->at];
    arriving[fleet->at] = 0;
    fleet->ready += arrived;
    fleet->pending -= arrived;
    return arrived;
}

/* Scales to `nodes` in all, pending nodes included. New nodes are ready after delay steps, 1 to places - 1. A scale-in
 * cancels the newest orders first, then removes ready nodes at once; returns how many of those. */
unsigned model_fleet_scale(struct model_fleet *fleet, unsigned *arriving, unsigned places, unsigned delay,
                           unsigned nodes);

#endif
