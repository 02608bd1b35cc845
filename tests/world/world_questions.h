/* What the collector asks of hooks: whether they keep its contract, and how
 * many nodes exist. */
#ifndef WORLD_WORLD_QUESTIONS_H
#define WORLD_WORLD_QUESTIONS_H

struct world_collector;

/* Puts questions that are due, and gives the answers that have come. */
void questions_step(struct world_collector *c);

#endif
