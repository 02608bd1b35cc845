#include "collector/store/recovery.h"

#include "collector/store/csv.h"
#include "collector/store/segment_list.h"
#include "collector/store/segments_each.h"
#include "common/line_reader.h"

#include <errno.h>
#include <stdlib.h>

struct recovery {
    const struct recovery_options *options;
    const struct segments *segments;
    const struct index_file *index;
    struct registry *registry;
    struct recovery_report *report;
    struct line_reader *lines;
    struct segment_list list;
    bool index_taken;
    bool nodes_full;     /* the registry has no room for another node */
    uint64_t before_seq; /* the last one of the row's instance that was stored before it */
    bool same_run;       /* the row has the same instance as the row of its node before it */
    int64_t newest_ms;   /* of all samples, monotonic */
    int64_t written_ms;  /* when a segment was last written, wall clock; SEGMENTS_NEVER: none was */
};

#define SLACK_MS 60000

int64_t recovery_slack_ms(const struct recovery_options *options)
{
    return options->slack_ms > 0 ? options->slack_ms : SLACK_MS;
}

/* ---- instances ---- */

static int64_t to_monotonic(const struct recovery *recovery, int64_t wall_ms)
{
    return wall_ms - recovery->options->wall_ms + recovery->options->now_ms;
}

/* 0, and the node in that group, or NULL if there is no place for it; or -ENOMEM. The files may contain more nodes and
 * groups than one collector ever knew at once. A node that is known stays in the registry when there is no place for
 * its new group: its samples must not be stored twice. */
static int place_node(struct recovery *recovery, const char *node_id, const char *group_name, struct node **node)
{
    struct registry *registry = recovery->registry;
    struct group *group = registry_ensure_group(registry, group_name);

    if (group == NULL && registry->group_count < GROUPS_MAX)
        return -ENOMEM;
    *node = group == NULL || recovery->nodes_full
                ? registry_find_node(registry, node_id)
                : registry_ensure_node(registry, node_id, INTERVAL_MS_ASSUMED, recovery->options->now_ms);
    if (group == NULL)
        return 0;
    if (*node != NULL)
        (*node)->group = group;
    else if (registry->node_count < NODES_MAX)
        return -ENOMEM;
    else
        recovery->nodes_full = true;
    return 0;
}

/* The samples of the instance up to last_seq, taken at time_ms of the wall clock, are stored. 0, and the instance, or
 * NULL if there is no place, which is counted; or -ENOMEM. */
static int note_stored(struct recovery *recovery, const char *node_id, const char *group_name, uint64_t instance_id,
                       uint64_t last_seq, int64_t time_ms, struct instance **noted)
{
    int64_t now_ms = recovery->options->now_ms;
    int64_t taken_ms = to_monotonic(recovery, time_ms);
    struct node *node = NULL;

    *noted = NULL;
    recovery->same_run = false;
    int rc = place_node(recovery, node_id, group_name, &node);
    if (rc < 0)
        return rc;
    if (node == NULL) {
        recovery->report->unplaced++;
        return 0;
    }
    const struct instance *latest = registry_latest(node);
    recovery->same_run = latest != NULL && latest->id == instance_id;
    struct instance *instance = registry_ensure_instance(node, instance_id);
    if (instance == NULL)
        return -ENOMEM;
    recovery->before_seq = instance->stored_seq;
    if (last_seq > instance->stored_seq) {
        instance->stored_seq = last_seq;
        instance->stored_time_ms = time_ms;
    }
    instance->received_seq = instance->stored_seq;
    if (taken_ms > now_ms)
        taken_ms = now_ms;
    if (!node->recovered || taken_ms > node->seen_ms)
        node->seen_ms = taken_ms;
    node->recovered = true;
    if (taken_ms > recovery->newest_ms)
        recovery->newest_ms = taken_ms;
    *noted = instance;
    return 0;
}

/* ---- the index ---- */

struct fitness {
    const struct segment_list *list;
    uint64_t oldest; /* segment that exists */
};

static int recovery_on_fitness(const struct index_entry *entry, void *arg)
{
    const struct fitness *fitness = arg;

    return entry->segment < fitness->oldest || segment_list_has(fitness->list, entry->segment) ? 0 : -ESTALE;
}

/* Retention removes segments oldest first, and with them all rows of some instances: the index fits. If one between
 * others is missing, an instance whose last rows are gone may have rows in the others: then all must be read. */
static enum recovery_index judge_index(const struct recovery *recovery)
{
    const struct index_file *index = recovery->index;
    const struct segment_list *list = &recovery->list;
    struct fitness fitness = {list, list->count > 0 ? list->numbers[0] : segments_number(recovery->segments)};
    uint64_t last = 0;

    if (index->rc == -ENOENT)
        return RECOVERY_INDEX_MISSING;
    if (index->rc < 0)
        return RECOVERY_INDEX_DAMAGED;
    if (fitness.oldest <= index->last_segment && !segment_list_has(list, index->last_segment))
        return RECOVERY_INDEX_UNFIT;
    if (index_parse(index->text, index->len, &last, recovery_on_fitness, &fitness) < 0)
        return RECOVERY_INDEX_UNFIT;
    return RECOVERY_INDEX_USED;
}

static int recovery_on_entry(const struct index_entry *entry, void *arg)
{
    struct recovery *recovery = arg;
    struct instance *instance = NULL;

    if (!segment_list_has(&recovery->list, entry->segment))
        return 0;
    int rc = note_stored(recovery, entry->node_id, entry->group, entry->instance, entry->last_seq, entry->time_ms,
                         &instance);
    if (instance == NULL)
        return rc;
    instance->missing_seq = entry->missing_seq;
    instance->segment = entry->segment;
    return 0;
}

/* After the segments that the index covers, so that it decides the order in which instances were used, and before the
 * later ones. */
static int take_index(struct recovery *recovery)
{
    uint64_t last = 0;

    if (recovery->index_taken || recovery->report->index != RECOVERY_INDEX_USED)
        return 0;
    recovery->index_taken = true;
    return index_parse(recovery->index->text, recovery->index->len, &last, recovery_on_entry, recovery);
}

/* ---- rows ---- */

/* The sample's time in the ring. Within a run, uptimes give the distance from the sample before it, since they never
 * step; only the first sample's time is from the wall clock, which may run ahead: see pull_back(). */
static int64_t place_in_ring(const struct recovery *recovery, const struct ring *ring, const struct sample *sample)
{
    if (ring->count == 0)
        return to_monotonic(recovery, sample->time_ms);
    int64_t last_ms = ring_time_ms(ring, ring->count - 1);
    if (recovery->same_run && sample->uptime_ms >= ring->last_uptime_ms &&
        sample->uptime_ms - ring->last_uptime_ms <= (uint64_t)SAMPLE_AGE_MS_MAX)
        return last_ms + (int64_t)(sample->uptime_ms - ring->last_uptime_ms);
    int64_t taken_ms = to_monotonic(recovery, sample->time_ms);
    return taken_ms > last_ms ? taken_ms : last_ms + 1;
}

static void take_fs(const struct recovery *recovery, struct node *node, const struct sample *sample)
{
    int64_t taken_ms = to_monotonic(recovery, sample->time_ms);

    if (sample_has(sample, METRIC_FS))
        fs_history_note(&node->fs_history, taken_ms < recovery->options->now_ms ? taken_ms : recovery->options->now_ms,
                        sample->value[METRIC_FS].gauge);
}

static int take_row(struct recovery *recovery, const struct csv_row *row, uint64_t segment)
{
    struct instance *instance = NULL;

    if (++recovery->report->rows % RECOVERY_PROGRESS_ROWS == 0 && recovery->options->progress != NULL)
        recovery->options->progress(recovery->options->arg);
    int rc =
        note_stored(recovery, row->node_id, row->group, row->instance, row->sample.seq, row->sample.time_ms, &instance);
    if (instance == NULL)
        return rc;
    if (recovery->options->damage != NULL)
        damage_note_row(recovery->options->damage, instance, recovery->before_seq, row->sample.seq);
    instance->segment = segment;
    take_fs(recovery, instance->node, &row->sample);
    struct ring *ring = &instance->node->ring;
    int64_t taken_ms = place_in_ring(recovery, ring, &row->sample);
    if (recovery->options->now_ms - taken_ms <= recovery->registry->history_ms)
        ring_push(ring, taken_ms, &row->sample);
    return 0;
}

static void note_damaged(struct recovery *recovery, const struct segments_file *file, const char *line, size_t len)
{
    recovery->report->bad_rows += file->number < segments_number(recovery->segments);
    if (recovery->options->damage != NULL)
        damage_note_line(recovery->options->damage, recovery->registry, line, len);
}

static int read_rows(struct recovery *recovery, const struct segments_file *file)
{
    struct line_reader *lines = recovery->lines;
    struct csv_row row;
    const char *line = NULL;
    size_t len = 0;
    bool whole = false;

    line_reader_init(lines, file->disk, file->file);
    line_reader_limit(lines, file->end);
    for (bool first = true; line_reader_next(lines, &line, &len, &whole); first = false) {
        if (whole && csv_parse_row(line, len, &row) == 0) {
            int rc = take_row(recovery, &row, file->number);
            if (rc < 0)
                return rc;
        } else if (!first) { /* that is the header */
            note_damaged(recovery, file, line, len);
        }
    }
    return lines->error;
}

static bool is_needed(const struct recovery *recovery, const struct segments_file *file)
{
    if (recovery->report->index != RECOVERY_INDEX_USED || file->number > recovery->index->last_segment)
        return true;
    int64_t age_ms = recovery->options->wall_ms - file->modified_ms;
    return age_ms <= recovery->registry->history_ms + recovery_slack_ms(recovery->options);
}

static int recovery_on_file(const struct segments_file *file, void *arg)
{
    struct recovery *recovery = arg;

    if (recovery->options->progress != NULL)
        recovery->options->progress(recovery->options->arg);
    if (file->number < segments_number(recovery->segments))
        recovery->written_ms = file->modified_ms;
    if (file->number > recovery->index->last_segment) {
        int rc = take_index(recovery);
        if (rc < 0)
            return rc;
    }
    if (recovery->report->index == RECOVERY_INDEX_USED && file->number == recovery->index->last_segment)
        recovery->report->indexed_ms = file->modified_ms;
    if (!is_needed(recovery, file)) {
        recovery->report->files_skipped++;
        return 0;
    }
    recovery->report->files_read++;
    return read_rows(recovery, file);
}

/* ---- all files ---- */

/* When the store ended, monotonic: at the time of its newest sample, but not after its last write, since the clock of
 * that sample's node may run ahead. */
static int64_t end_ms(const struct recovery *recovery)
{
    int64_t found_ms = segments_found_ms(recovery->segments);
    int64_t written_ms = found_ms != SEGMENTS_NEVER ? found_ms : recovery->written_ms;

    if (written_ms == SEGMENTS_NEVER)
        return recovery->newest_ms;
    written_ms += recovery->options->now_ms - recovery->options->wall_ms;
    return written_ms < recovery->newest_ms ? written_ms : recovery->newest_ms;
}

/* A ring that ends after the store did is of a node whose clock ran ahead: shift it back. */
static void pull_back(const struct recovery *recovery)
{
    int64_t ended_ms = end_ms(recovery);

    for (unsigned i = 0; i < recovery->registry->node_count; i++) {
        struct ring *ring = &recovery->registry->nodes[i]->ring;
        int64_t last_ms = ring->count > 0 ? ring_time_ms(ring, ring->count - 1) : ended_ms;
        if (last_ms > ended_ms)
            ring_shift(ring, ended_ms - last_ms);
    }
}

/* A node is gone if it had been silent for gone_ms when the store ended, however long the collector was down. */
static void part_from_gone(const struct recovery *recovery)
{
    int64_t ended_ms = end_ms(recovery);

    for (unsigned i = 0; i < recovery->registry->node_count; i++) {
        struct node *node = recovery->registry->nodes[i];
        if (ended_ms - node->seen_ms > recovery->options->gone_ms)
            node->farewell = FAREWELL_GONE;
    }
}

int recovery_run(const struct segments *segments, const struct index_file *index, struct registry *registry,
                 const struct recovery_options *options, struct recovery_report *report)
{
    struct recovery recovery = {.options = options,
                                .segments = segments,
                                .index = index,
                                .registry = registry,
                                .report = report,
                                .newest_ms = INT64_MIN / 2,
                                .written_ms = SEGMENTS_NEVER};

    *report = (struct recovery_report){.indexed_ms = INT64_MIN};
    int rc = segment_list_read(&recovery.list, segments_disk(segments), segments_name(segments));
    if (rc < 0)
        return rc;
    report->index = judge_index(&recovery);
    recovery.lines = malloc(sizeof *recovery.lines);
    rc = recovery.lines != NULL ? segments_each(segments, recovery_on_file, &recovery) : -ENOMEM;
    if (rc == 0) {
        pull_back(&recovery);
        part_from_gone(&recovery);
    }
    free(recovery.lines);
    segment_list_free(&recovery.list);
    return rc;
}
