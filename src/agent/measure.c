#include "agent/measure.h"

#include "agent/average_source.h"
#include "agent/cgroup_source.h"
#include "agent/cpu_source.h"
#include "agent/disk_source.h"
#include "agent/memory_source.h"
#include "agent/nic_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* In the order in which they are read. Of a fact, the first one counts. */
static const struct source *const sources[MEASURE_SOURCES] = {
    &cgroup_source,
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

/* One that could not be read is tried at each tick; one whose metrics are all replaced is not read any more. */
static bool is_due(const struct measure_entry *entry, const struct source *source, uint64_t uptime_ms,
                   uint32_t replaced)
{
    uint32_t present = entry->part.metrics.present;

    if (present != 0 && (present & ~replaced) == 0)
        return false;
    return !entry->was_read || uptime_ms - entry->read_ms >= source->period_ms;
}

/* Takes the facts that are not known yet. */
static void keep_facts(struct node_facts *facts, const struct node_facts *last)
{
    if (facts->cores == 0)
        facts->cores = last->cores;
    if (facts->cpu_milli == 0)
        facts->cpu_milli = last->cpu_milli;
    if (facts->memory_bytes == 0)
        facts->memory_bytes = last->memory_bytes;
    if (facts->view[0] == '\0')
        memcpy(facts->view, last->view, sizeof facts->view);
}

static void read_source(struct measure_entry *entry, const struct source *source, const struct node_source *node,
                        uint64_t uptime_ms)
{
    struct source_part part = {0};

    entry->was_read = source->read(entry->state, node, uptime_ms, &part);
    entry->read_ms = uptime_ms;
    if (entry->was_read)
        entry->part = part;
    else
        entry->part.metrics.present = 0; /* what else is known stays */
}

static void add_metrics(struct sample *sample, const struct sample *part, uint32_t replaced)
{
    for (unsigned m = 0; m < METRIC_COUNT; m++)
        if (sample_has(part, m) && !(replaced >> m & 1U)) {
            sample->value[m] = part->value[m];
            sample->present |= 1U << m;
        }
}

/* ---- all ---- */

void measure_read(struct measure *measure, const struct node_source *node, uint64_t uptime_ms, struct sample *sample)
{
    sample->uptime_ms = uptime_ms;
    sample->present = 0;
    uint32_t replaced = 0;
    for (unsigned i = 0; i < MEASURE_SOURCES; i++) {
        struct measure_entry *entry = &measure->entries[i];
        if (is_due(entry, sources[i], uptime_ms, replaced))
            read_source(entry, sources[i], node, uptime_ms);
        add_metrics(sample, &entry->part.metrics, replaced);
        replaced |= entry->part.replaces;
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
