/* The collector's ticks, decisions.csv, and the runs of its hooks. */
#ifndef WORLD_WORLD_ORDERS_H
#define WORLD_WORLD_ORDERS_H

#include <stdbool.h>

struct world;
struct world_collector;
struct world_group;

/* The reason of the group's last decision. */
const char *collector_why(const struct world *world, const struct world_group *group);

/* What a reader gets now. false: 503, or no answer. */
bool collector_read(const struct world *world, const struct world_group *group, unsigned *desired);

/* ---- for the collector ---- */

void orders_tick(struct world_collector *c);
void orders_write_rows(struct world_collector *c);
void orders_end_runs(struct world_collector *c);
void orders_begin_runs(struct world_collector *c);
void orders_stop(struct world_collector *c);

#endif
