/* gaps.csv on the simulated disk, as gap_file.c writes and reads it. */
#ifndef SIM_GAPS_H
#define SIM_GAPS_H

#include "collector/store/gap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_collector;
struct disk_file;

bool sim_gaps_row_ok(const char *line, size_t len);

/* 0, or a negative errno. */
int sim_gaps_write(struct sim_collector *collector, const struct gap *gaps, uint32_t count, bool again);

/* At a start, after the samples. */
void sim_gaps_recover(struct sim_collector *collector);

/* Calls visit for each row. */
typedef void sim_gaps_visit(struct sim_collector *collector, const struct gap *gap);
void sim_gaps_each(struct sim_collector *collector, const struct disk_file *file, sim_gaps_visit *visit);

#endif
