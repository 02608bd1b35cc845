#include "agent/measure.h"

#include "agent/app_source.h"
#include "agent/average_source.h"
#include "agent/cgroup_source.h"
#include "agent/cpu_source.h"
#include "agent/disk_source.h"
#include "agent/memory_source.h"
#include "agent/nic_source.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* In the order in which they are read. Of a fact, the last one counts. */
static const struct source *const sources[MEASURE_SOURCES] = {
    &cpu_source,
    &memory_source,
    &average_source_load1,
    &average_source_psi_cpu,
    &average_source_psi_memory,
    &average_source_psi_io,
    &disk_source,
    &nic_source,
    &cgroup_source,
    &app_source,
    &mount_source_list,
};

static_assert(MEASURE_ENTRIES <= 32, "the sources of struct measure_changes are bits");

/* A row of the table, or one of the file systems behind them. */
static const struct source *source_at(unsigned i)
{
    return i < MEASURE_SOURCES ? sources[i] : &mount_source_usage;
}

/* ---- one source ---- */

static bool is_unused(const struct measure_entry *entry, const struct source *source)
{
    return source == &mount_source_usage && !mount_source_is_set(entry->state);
}

/* The metrics that another source contributes instead. */
static uint32_t replaced_of(const struct measure *measure, unsigned source)
{
    uint32_t replaced = 0;

    for (unsigned i = 0; i < MEASURE_SOURCES; i++)
        if (i != source)
            replaced |= measure->entries[i].part.replaces;
    return replaced;
}

/* One that could not be read is tried at each tick; one whose metrics are all replaced is not read any more. */
static bool is_due(const struct measure *measure, unsigned i, uint64_t uptime_ms)
{
    const struct measure_entry *entry = &measure->entries[i];
    const struct source *source = source_at(i);
    uint32_t present = entry->part.metrics.present;

    if (is_unused(entry, source) || entry->status != MEASURE_IDLE ||
        (present != 0 && (present & ~replaced_of(measure, i)) == 0))
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

/* What was read before does not count any more. */
static void queue(struct measure_entry *entry)
{
    entry->status = MEASURE_QUEUED;
    entry->was_read = false;
    entry->part.metrics.present = 0;
}

/* Of the file systems, the fullest one counts. */
static void add_metrics(struct sample *sample, const struct sample *part, uint32_t replaced)
{
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        bool is_less = m == METRIC_FS && sample_has(sample, m) && part->value[m].gauge <= sample->value[m].gauge;
        if (!sample_has(part, m) || (replaced >> m & 1U) || is_less)
            continue;
        sample->value[m] = part->value[m];
        sample->present |= 1U << m;
    }
}

static void note_lateness(struct measure_entry *entry, uint32_t bit, uint64_t uptime_ms,
                          struct measure_changes *changes)
{
    if (entry->status == MEASURE_RUNNING) {
        if (!entry->was_late)
            changes->late |= bit;
        entry->was_late = true;
        entry->late_ms = uptime_ms;
    } else if (entry->was_late && uptime_ms - entry->late_ms >= MEASURE_CALM_MS) {
        changes->on_time |= bit;
        entry->was_late = false;
    }
}

/* Another complaint is logged at most once a minute. */
static bool is_worth_logging(const struct measure_entry *entry, uint64_t uptime_ms)
{
    const bool is_same = strcmp(entry->logged, entry->part.complaint) == 0;

    return entry->logged[0] == '\0' || uptime_ms - entry->logged_ms >= (is_same ? MEASURE_AGAIN_MS : MEASURE_CALM_MS);
}

static void note_complaint(struct measure_entry *entry, uint32_t bit, uint64_t uptime_ms,
                           struct measure_changes *changes)
{
    if (entry->part.complaint[0] == '\0') {
        if (entry->logged[0] != '\0' && uptime_ms - entry->complained_ms >= MEASURE_CALM_MS) {
            changes->content |= bit;
            entry->logged[0] = '\0';
        }
        return;
    }
    entry->complained_ms = uptime_ms;
    if (changes->complaint[0] == '\0' && is_worth_logging(entry, uptime_ms)) {
        memcpy(changes->complaint, entry->part.complaint, SOURCE_COMPLAINT_MAX);
        memcpy(entry->logged, entry->part.complaint, SOURCE_COMPLAINT_MAX);
        entry->logged_ms = uptime_ms;
    }
}

/* ---- file systems ---- */

static bool is_measured(const struct measure *measure, const struct mount *mount)
{
    for (unsigned i = MEASURE_SOURCES; i < MEASURE_ENTRIES; i++) {
        const struct mount_usage *usage = measure->entries[i].state;
        if (mounts_equal(&usage->mount, mount))
            return true;
    }
    return false;
}

static void set_mount(struct measure_entry *entry, const struct mount *mount)
{
    void *state = entry->state;

    mount_source_set(state, mount);
    *entry = (struct measure_entry){.state = state};
}

/* Those that hang stay, even if they are gone, and may leave no entry for a new one. */
static void drop_mounts(struct measure *measure, const struct mount_list *list)
{
    for (unsigned i = MEASURE_SOURCES; i < MEASURE_ENTRIES; i++) {
        struct measure_entry *entry = &measure->entries[i];
        const struct mount_usage *usage = entry->state;
        if (mount_source_is_set(usage) && entry->status != MEASURE_RUNNING && !mount_source_has(list, &usage->mount))
            set_mount(entry, NULL);
    }
}

static void add_mounts(struct measure *measure, const struct mount_list *list)
{
    unsigned next = MEASURE_SOURCES;

    for (unsigned m = 0; m < list->count; m++) {
        if (is_measured(measure, &list->mounts[m]))
            continue;
        while (next < MEASURE_ENTRIES && mount_source_is_set(measure->entries[next].state))
            next++;
        if (next < MEASURE_ENTRIES)
            set_mount(&measure->entries[next], &list->mounts[m]);
    }
}

/* ---- a tick ---- */

void measure_begin(struct measure *measure, uint64_t uptime_ms)
{
    for (unsigned i = 0; i < MEASURE_ENTRIES; i++) {
        struct measure_entry *entry = &measure->entries[i];
        if (is_due(measure, i, uptime_ms))
            queue(entry);
        entry->is_awaited = entry->status == MEASURE_QUEUED;
    }
}

bool measure_next(struct measure *measure, bool only_prompt, struct measure_job *job)
{
    for (unsigned i = 0; i < MEASURE_ENTRIES; i++) {
        struct measure_entry *entry = &measure->entries[i];
        if (entry->status == MEASURE_QUEUED && (entry->is_prompt || !only_prompt)) {
            entry->status = MEASURE_RUNNING;
            *job = (struct measure_job){.source = i};
            return true;
        }
    }
    return false;
}

void measure_run(const struct measure *measure, const struct node_source *node, uint64_t uptime_ms,
                 struct measure_job *job)
{
    job->read_ms = uptime_ms;
    job->was_read = source_at(job->source)->read(measure->entries[job->source].state, node, uptime_ms, &job->part);
    if (!job->was_read)
        job->part.metrics.present = 0;
}

void measure_finish(struct measure *measure, const struct measure_job *job)
{
    struct measure_entry *entry = &measure->entries[job->source];
    const struct source_part last = entry->part;

    entry->status = MEASURE_IDLE;
    entry->was_read = job->was_read;
    entry->read_ms = job->read_ms;
    entry->part = job->part;
    if (!job->was_read) {
        entry->part.replaces = last.replaces;
        entry->part.facts = last.facts;
    }
    if (job->took_ms >= MEASURE_SLOW_MS)
        entry->slow_until_ms = job->read_ms + MEASURE_CALM_MS;
    entry->is_prompt = job->is_prompt && !job->part.may_hang && job->read_ms >= entry->slow_until_ms;
    if (source_at(job->source) == &mount_source_list && job->was_read) {
        drop_mounts(measure, entry->state);
        add_mounts(measure, entry->state);
    }
}

unsigned measure_count(const struct measure *measure)
{
    unsigned count = 0;

    for (unsigned i = 0; i < MEASURE_ENTRIES; i++)
        count += !is_unused(&measure->entries[i], source_at(i));
    return count;
}

bool measure_any_queued(const struct measure *measure)
{
    for (unsigned i = 0; i < MEASURE_ENTRIES; i++)
        if (measure->entries[i].status == MEASURE_QUEUED)
            return true;
    return false;
}

bool measure_is_complete(const struct measure *measure)
{
    for (unsigned i = 0; i < MEASURE_ENTRIES; i++)
        if (measure->entries[i].is_awaited && measure->entries[i].status != MEASURE_IDLE)
            return false;
    return true;
}

struct measure_changes measure_end(struct measure *measure, uint64_t uptime_ms, struct sample *sample)
{
    struct measure_changes changes = {0};

    sample->present = 0;
    for (unsigned i = 0; i < MEASURE_ENTRIES; i++) {
        struct measure_entry *entry = &measure->entries[i];
        note_lateness(entry, 1U << i, uptime_ms, &changes);
        note_complaint(entry, 1U << i, uptime_ms, &changes);
        add_metrics(sample, &entry->part.metrics, replaced_of(measure, i));
    }
    return changes;
}

/* ---- all ---- */

bool measure_possible(const struct measure *measure)
{
    for (unsigned i = 0; i < MEASURE_ENTRIES; i++)
        if (source_at(i)->is_vital && (measure->entries[i].was_read || measure->entries[i].status != MEASURE_IDLE))
            return true;
    return false;
}

struct node_facts measure_facts(const struct measure *measure)
{
    struct node_facts facts = {0};

    for (unsigned i = MEASURE_ENTRIES; i-- > 0;)
        keep_facts(&facts, &measure->entries[i].part.facts);
    return facts;
}

const char *measure_source_name(const struct measure *measure, unsigned source)
{
    const struct mount_usage *usage = measure->entries[source].state;

    return source < MEASURE_SOURCES ? sources[source]->name : usage->name;
}

int measure_init(struct measure *measure, const struct agent_config *config)
{
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < MEASURE_ENTRIES; i++) {
        measure->entries[i].part.replaces = source_at(i)->replaces;
        measure->entries[i].state = calloc(1, source_at(i)->state_size);
        rc = measure->entries[i].state == NULL ? -ENOMEM : source_at(i)->init(measure->entries[i].state, config);
    }
    return rc;
}

void measure_deinit(struct measure *measure, const struct node_source *node)
{
    for (unsigned i = 0; i < MEASURE_ENTRIES; i++) {
        if (measure->entries[i].state != NULL)
            source_at(i)->deinit(measure->entries[i].state, node);
        free(measure->entries[i].state);
        measure->entries[i].state = NULL;
    }
}
