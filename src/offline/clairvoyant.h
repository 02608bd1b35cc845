/* Pure. What a fleet that knows the future would pay for a load: a lower bound for every policy.
 *
 * Dynamic programming over the number of ready nodes (Bellman, Dynamic Programming, 1957). A node is ordered so early
 * that it is ready when it is needed, and is paid while it starts; one that is no longer needed goes at once; nothing
 * is ordered before the first step. The cost of a plan, in node-steps, is that of its nodes, ready and starting, plus
 * `price` for each step with utilisation above SCORE_VIOLATION. Without a price for actions it may act at every step.
 * It is a bound also because it may remove a ready node while another one starts, which a fleet can't. */
#ifndef OFFLINE_CLAIRVOYANT_H
#define OFFLINE_CLAIRVOYANT_H

#include "offline/score.h"
#include "offline/sim_policy.h"

/* The score of the cheapest plan from that number of ready nodes on; score->optimum is kept. price: of a step above
 * SCORE_VIOLATION, in node-steps. Time: steps x the most nodes that the load needs. 0 or -ENOMEM. */
int clairvoyant_score(const struct sim_setup *setup, unsigned ready, double price, struct score *score);

#endif
