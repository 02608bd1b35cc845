#include "agent/sampling/measure.h"

#include "agent/metrics/app_source.h"
#include "agent/metrics/average_source.h"
#include "agent/metrics/cgroup_source.h"
#include "agent/metrics/cpu_source.h"
#include "agent/metrics/disk_source.h"
#include "agent/metrics/memory_source.h"
#include "agent/metrics/nic_source.h"
#include "agent/metrics/protect_source.h"

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
    &protect_source,
};

static_assert(MEASURE_ENTRIES <= 32, "the sources of struct measure_changes are bits");

/* A row of the table, or one of the file systems behind them. */
static const struct source *source_at(unsigned i)
{
    return i < MEASURE_SOURCES ? sources[i] : &mount_source_usage;
}

/* ---- one source ---- */

/* The metrics that any source contributes instead of others. */
static uint32_t replaced_by_any(const struct measure *measure)
{
    uint32_t replaced = 0;

    for (unsigned i = 0; i < MEASURE_SOURCES; i++)
        replaced |= measure->entries[i].replaces;
    return replaced;
}

/* Those that others contribute instead of this one. */
static uint32_t replaced_of(const struct measure_entry *entry, uint32_t replaced_by_any)
{
    return replaced_by_any & ~entry->replaces;
}

/* One that could not be read is tried at each tick; one whose metrics are all replaced is not read any more. */
static bool is_due(const struct measure_entry *entry, uint32_t replaced, uint64_t uptime_ms)
{
    if (!entry->is_used || entry->status != MEASURE_IDLE || (entry->present != 0 && (entry->present & ~replaced) == 0))
        return false;
    return !entry->was_read || uptime_ms >= entry->due_ms;
}

/* What was read before does not count any more. */
static void queue(struct measure_entry *entry)
{
    entry->status = MEASURE_QUEUED;
    entry->was_read = false;
    entry->present = 0;
}

/* Of the file systems, the fullest one counts. */
static void add_metrics(struct sample *sample, const union metric_value *values, uint32_t present)
{
    for (; present != 0; present &= present - 1) {
        unsigned m = (unsigned)__builtin_ctz(present);
        if (m == METRIC_FS && sample_has(sample, m) && values[m].gauge <= sample->value[m].gauge)
            continue;
        sample->value[m] = values[m];
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
static bool is_worth_logging(const struct measure_complaint *complaint, uint64_t uptime_ms)
{
    const bool is_same = strcmp(complaint->logged, complaint->last) == 0;

    return uptime_ms - complaint->logged_ms >= (is_same ? MEASURE_AGAIN_MS : MEASURE_CALM_MS);
}

static void note_content(struct measure_entry *entry, const struct measure_complaint *complaint, uint32_t bit,
                         uint64_t uptime_ms, struct measure_changes *changes)
{
    if (uptime_ms - complaint->last_ms < MEASURE_CALM_MS)
        return;
    changes->content |= bit;
    entry->has_logged = false;
}

static void note_complaint(struct measure_entry *entry, struct measure_complaint *complaint, uint64_t uptime_ms,
                           struct measure_changes *changes)
{
    complaint->last_ms = uptime_ms;
    if (changes->complaint[0] != '\0' || (entry->has_logged && !is_worth_logging(complaint, uptime_ms)))
        return;
    memcpy(changes->complaint, complaint->last, SOURCE_COMPLAINT_MAX);
    memcpy(complaint->logged, complaint->last, SOURCE_COMPLAINT_MAX);
    complaint->logged_ms = uptime_ms;
    entry->has_logged = true;
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
    *entry = (struct measure_entry){.state = state, .is_used = mount != NULL};
}

/* Those that hang stay, even if they are gone, and may leave no entry for a new one. */
static void drop_mounts(struct measure *measure, const struct mount_list *list)
{
    for (unsigned i = MEASURE_SOURCES; i < MEASURE_ENTRIES; i++) {
        struct measure_entry *entry = &measure->entries[i];
        const struct mount_usage *usage = entry->state;
        if (entry->is_used && entry->status != MEASURE_RUNNING && !mount_source_has(list, &usage->mount))
            set_mount(entry, NULL);
    }
}

static void add_mounts(struct measure *measure, const struct mount_list *list)
{
    unsigned next = MEASURE_SOURCES;

    for (unsigned m = 0; m < list->count; m++) {
        if (is_measured(measure, &list->mounts[m]))
            continue;
        while (next < MEASURE_ENTRIES && measure->entries[next].is_used)
            next++;
        if (next < MEASURE_ENTRIES)
            set_mount(&measure->entries[next], &list->mounts[m]);
    }
}

static void update_mounts(struct measure *measure, const struct mount_list *list)
{
    drop_mounts(measure, list);
    add_mounts(measure, list);
    measure->end = MEASURE_ENTRIES;
    while (!measure->entries[measure->end - 1].is_used)
        measure->end--;
}

/* ---- a tick ---- */

void measure_begin(struct measure *measure, uint64_t uptime_ms)
{
    const uint32_t replaced = replaced_by_any(measure);

    for (unsigned i = 0; i < measure->end; i++) {
        struct measure_entry *entry = &measure->entries[i];
        if (is_due(entry, replaced_of(entry, replaced), uptime_ms))
            queue(entry);
        entry->is_awaited = entry->status == MEASURE_QUEUED;
    }
}

bool measure_next(struct measure *measure, bool only_prompt, struct measure_job *job)
{
    for (unsigned i = 0; i < measure->end; i++) {
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

static bool has_facts(const struct node_facts *facts)
{
    return facts->cores != 0 || facts->cpu_milli != 0 || facts->memory_bytes != 0 ||
           facts->protection != NODE_PROTECTION_UNKNOWN || facts->view[0] != '\0';
}

static void keep_facts(struct measure *measure, unsigned i, const struct node_facts *facts)
{
    struct measure_entry *entry = &measure->entries[i];
    bool had_facts = entry->has_facts;

    entry->has_facts = has_facts(facts);
    if (entry->has_facts == had_facts && (!had_facts || node_facts_equal(facts, &measure->facts[i])))
        return;
    measure->facts[i] = *facts;
    measure->has_new_facts = true;
}

/* What a source replaces, and its facts, stay as they were while it can't be read. */
static void keep_part(struct measure *measure, unsigned i, const struct measure_job *job)
{
    struct measure_entry *entry = &measure->entries[i];

    entry->present = job->part.metrics.present;
    for (uint32_t rest = entry->present; rest != 0; rest &= rest - 1) {
        unsigned m = (unsigned)__builtin_ctz(rest);
        measure->values[i][m] = job->part.metrics.value[m];
    }
    entry->complains = job->part.complaint[0] != '\0';
    if (entry->complains)
        memcpy(measure->complaints[i].last, job->part.complaint, SOURCE_COMPLAINT_MAX);
    if (!job->was_read)
        return;
    entry->replaces = job->part.replaces;
    if (i < MEASURE_SOURCES)
        keep_facts(measure, i, &job->part.facts);
}

static unsigned period_ms(const struct measure_job *job)
{
    return job->part.rest_ms > 0 ? job->part.rest_ms : source_at(job->source)->period_ms;
}

void measure_finish(struct measure *measure, const struct measure_job *job)
{
    struct measure_entry *entry = &measure->entries[job->source];

    entry->status = MEASURE_IDLE;
    entry->was_read = job->was_read;
    entry->due_ms = job->read_ms + period_ms(job);
    keep_part(measure, job->source, job);
    if (job->took_ms >= MEASURE_SLOW_MS)
        entry->slow_until_ms = job->read_ms + MEASURE_CALM_MS;
    entry->is_prompt = job->is_prompt && !job->part.may_hang && job->read_ms >= entry->slow_until_ms;
    if (source_at(job->source) == &mount_source_list && job->was_read)
        update_mounts(measure, entry->state);
}

unsigned measure_count(const struct measure *measure)
{
    return measure->end;
}

bool measure_any_queued(const struct measure *measure)
{
    for (unsigned i = 0; i < measure->end; i++)
        if (measure->entries[i].status == MEASURE_QUEUED)
            return true;
    return false;
}

bool measure_is_complete(const struct measure *measure)
{
    for (unsigned i = 0; i < measure->end; i++)
        if (measure->entries[i].is_awaited && measure->entries[i].status != MEASURE_IDLE)
            return false;
    return true;
}

struct measure_changes measure_end(struct measure *measure, uint64_t uptime_ms, struct sample *sample)
{
    const uint32_t replaced = replaced_by_any(measure);
    struct measure_changes changes = {0};

    sample->present = 0;
    for (unsigned i = 0; i < measure->end; i++) {
        struct measure_entry *entry = &measure->entries[i];
        note_lateness(entry, 1U << i, uptime_ms, &changes);
        if (entry->complains)
            note_complaint(entry, &measure->complaints[i], uptime_ms, &changes);
        else if (entry->has_logged)
            note_content(entry, &measure->complaints[i], 1U << i, uptime_ms, &changes);
        add_metrics(sample, measure->values[i], entry->present & ~replaced_of(entry, replaced));
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

/* Takes the facts that are not known yet. */
static void add_facts(struct node_facts *facts, const struct node_facts *more)
{
    if (facts->cores == 0)
        facts->cores = more->cores;
    if (facts->cpu_milli == 0)
        facts->cpu_milli = more->cpu_milli;
    if (facts->memory_bytes == 0)
        facts->memory_bytes = more->memory_bytes;
    if (facts->protection == NODE_PROTECTION_UNKNOWN)
        facts->protection = more->protection;
    if (facts->view[0] == '\0')
        memcpy(facts->view, more->view, sizeof facts->view);
}

struct node_facts measure_facts(const struct measure *measure)
{
    struct node_facts facts = {0};

    for (unsigned i = MEASURE_SOURCES; i-- > 0;)
        if (measure->entries[i].has_facts)
            add_facts(&facts, &measure->facts[i]);
    return facts;
}

bool measure_new_facts(struct measure *measure, struct node_facts *facts)
{
    if (!measure->has_new_facts)
        return false;
    measure->has_new_facts = false;
    *facts = measure_facts(measure);
    return true;
}

const char *measure_source_name(const struct measure *measure, unsigned source)
{
    const struct mount_usage *usage = measure->entries[source].state;

    return source < MEASURE_SOURCES ? sources[source]->name : usage->name;
}

/* File systems are found later. */
static bool is_used(unsigned i, const struct agent_config *config)
{
    return i < MEASURE_SOURCES && (sources[i]->is_used == NULL || sources[i]->is_used(config));
}

int measure_init(struct measure *measure, const struct agent_config *config)
{
    int rc = 0;

    measure->end = MEASURE_SOURCES;
    for (unsigned i = 0; rc == 0 && i < MEASURE_ENTRIES; i++) {
        measure->entries[i].is_used = is_used(i, config);
        measure->entries[i].replaces = measure->entries[i].is_used ? source_at(i)->replaces : 0;
        measure->entries[i].state = calloc(1, source_at(i)->state_size);
        rc = measure->entries[i].state == NULL ? -ENOMEM : source_at(i)->init(measure->entries[i].state, config);
    }
    return rc;
}

void measure_deinit(struct measure *measure, const struct node_source *node)
{
    for (unsigned i = 0; i < MEASURE_ENTRIES; i++) {
        if (measure->entries[i].state != NULL && source_at(i)->deinit != NULL)
            source_at(i)->deinit(measure->entries[i].state, node);
        free(measure->entries[i].state);
        measure->entries[i].state = NULL;
    }
}
