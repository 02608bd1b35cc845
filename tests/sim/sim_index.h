/* metrics.index on the simulated disk, as index_file.c writes and reads it. */
#ifndef SIM_INDEX_H
#define SIM_INDEX_H

#include "collector/store/index.h"
#include "sim/sim_disk.h"

struct sim_collector;

/* 0 or a negative errno; 0: it is durable. */
int sim_index_write(struct sim_collector *collector, uint64_t last_segment, const struct index_entry *entries,
                    size_t count);

/* At a start: 0, -ENOENT, or -EBADMSG. Fails when there must be a whole one. */
int sim_index_check(struct sim_collector *collector, uint64_t *last_segment);

/* While the collector is down somebody damages or removes it. */
void sim_index_damage(struct sim_collector *collector);

#endif
