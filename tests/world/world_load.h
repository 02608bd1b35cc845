/* The demand of a group over time, in cores: it stays, jumps, or moves to
 * another level. */
#ifndef WORLD_WORLD_LOAD_H
#define WORLD_WORLD_LOAD_H

#include <stdbool.h>
#include <stdint.h>

struct world;
struct world_group;

struct world_load {
    double level; /* where it is, or will be at reaches_ms */
    double before;
    uint64_t since_ms; /* when it began to move */
    uint64_t reaches_ms;
    double noise;   /* share, standard deviation of a step */
    double present; /* of this step, noise included */
};

void load_init(struct world_load *load, double level, double noise);

/* Moves to another level, within that time. */
void load_move(struct world *world, struct world_group *group, double level, uint64_t within_ms);

void load_step(struct world *world, struct world_load *load);

/* Without noise. */
double load_at(const struct world_load *load, uint64_t now_ms);

#endif
