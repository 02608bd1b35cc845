/* Pure. Builds samples from the parts that the sources of metrics contribute, each read at its own period.
 *
 * A source that can't be read or understood costs its metrics, never the sample: they are absent. */
#ifndef AGENT_MEASURE_H
#define AGENT_MEASURE_H

#include "agent/node_source.h"
#include "agent/source.h"
#include "common/sample.h"

#include <stdbool.h>
#include <stdint.h>

#define MEASURE_SOURCES 9U /* rows of the table in measure.c */

struct measure_entry {
    void *state;
    bool was_read; /* the last reading succeeded, at read_ms */
    uint64_t read_ms;
    struct source_part part; /* of that reading */
};

/* All zeros before measure_init(). */
struct measure {
    struct measure_entry entries[MEASURE_SOURCES];
};

/* 0 or -ENOMEM; measure_deinit() is due in either case. The config outlives the measure. */
int measure_init(struct measure *measure, const struct agent_config *config);
void measure_deinit(struct measure *measure, const struct node_source *node);

/* Takes a reading into sample: present, value and uptime_ms; seq and time_ms are the caller's. The first reading has no
 * percentages that need two. uptime_ms is CLOCK_BOOTTIME at the reading. No allocation. */
void measure_read(struct measure *measure, const struct node_source *node, uint64_t uptime_ms, struct sample *sample);

/* Whether a vital source has been read: else this is no node. */
bool measure_possible(const struct measure *measure);

/* As last read. */
struct node_facts measure_facts(const struct measure *measure);

#endif
