#include "agent/measure.h"

#include "agent/average_source.h"
#include "agent/cpu_source.h"
#include "agent/disk_source.h"
#include "agent/memory_source.h"
#include "agent/nic_source.h"

#include <errno.h>
#include <stdlib.h>

/* In the order in which they are read. */
static const struct source *const sources[MEASURE_SOURCES] = {
    &cpu_source,
    &memory_source,
    &average_source_load1,
    &average_source_psi_cpu,
    &average_source_psi_memory,
    &average_source_psi_io,
    &disk_source,
    &nic_source,
};

/* ---- one source ---- */

/* One that could not be read is tried at each tick. */
static bool is_due(const struct measure_entry *entry, const struct source *source, uint64_t uptime_ms)
{
    return !entry->was_read || uptime_ms - entry->read_ms >= source->period_ms;
}

/* Facts that a reading does not have, or that can't be read any more, stay as they were. */
static void keep_facts(struct node_facts *facts, const struct node_facts *last)
{
    if (facts->cores == 0)
        facts->cores = last->cores;
    if (facts->memory_bytes == 0)
        facts->memory_bytes = last->memory_bytes;
}

static void read_source(struct measure_entry *entry, const struct source *source, const struct node_source *node,
                        uint64_t uptime_ms)
{
    struct source_part part = {0};

    entry->was_read = source->read(entry->state, node, uptime_ms, &part);
    entry->read_ms = uptime_ms;
    if (!entry->was_read)
        part.metrics.present = 0;
    keep_facts(&part.facts, &entry->part.facts);
    entry->part = part;
}

static void add_metrics(struct sample *sample, const struct sample *part)
{
    for (unsigned m = 0; m < METRIC_COUNT; m++)
        if (sample_has(part, m))
            sample->value[m] = part->value[m];
    sample->present |= part->present;
}

/* ---- all ---- */

void measure_read(struct measure *measure, const struct node_source *node, uint64_t uptime_ms, struct sample *sample)
{
    sample->uptime_ms = uptime_ms;
    sample->present = 0;
    for (unsigned i = 0; i < MEASURE_SOURCES; i++) {
        struct measure_entry *entry = &measure->entries[i];
        if (is_due(entry, sources[i], uptime_ms))
            read_source(entry, sources[i], node, uptime_ms);
        add_metrics(sample, &entry->part.metrics);
    }
}

bool measure_possible(const struct measure *measure)
{
    for (unsigned i = 0; i < MEASURE_SOURCES; i++)
        if (sources[i]->is_vital && measure->entries[i].was_read)
            return true;
    return false;
}

struct node_facts measure_facts(const struct measure *measure)
{
    struct node_facts facts = {0};

    for (unsigned i = 0; i < MEASURE_SOURCES; i++)
        keep_facts(&facts, &measure->entries[i].part.facts);
    return facts;
}

int measure_init(struct measure *measure, const struct agent_config *config)
{
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < MEASURE_SOURCES; i++) {
        measure->entries[i].state = calloc(1, sources[i]->state_size);
        rc = measure->entries[i].state == NULL ? -ENOMEM : sources[i]->init(measure->entries[i].state, config);
    }
    return rc;
}

void measure_deinit(struct measure *measure, const struct node_source *node)
{
    for (unsigned i = 0; i < MEASURE_SOURCES; i++) {
        if (measure->entries[i].state != NULL)
            sources[i]->deinit(measure->entries[i].state, node);
        free(measure->entries[i].state);
        measure->entries[i].state = NULL;
    }
}
