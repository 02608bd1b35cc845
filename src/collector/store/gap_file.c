#include "collector/store/gap_file.h"

#include "collector/store/segments_each.h"
#include "common/line_reader.h"

#include <errno.h>
#include <stdlib.h>

static bool row_ok(const char *row, size_t len)
{
    struct gap parsed;

    return gap_parse_row(row, len, &parsed) == 0;
}

int gap_file_open(struct segments *segments, const struct disk *disk, const struct segments_limits *limits,
                  uint64_t *cut)
{
    char header[CSV_LINE_MAX];
    struct segments_options options = {
        .name = "gaps", .header = header, .row_ok = row_ok, .row_ms = segment_time_of_first_field, .limits = *limits};

    header[gap_put_header(header)] = '\0';
    return segments_open(segments, disk, &options, cut);
}

/* ---- writing ---- */

static int append_gaps(struct segments *segments, const struct gap *gaps, uint32_t count, char *text, size_t size)
{
    size_t used = 0;
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        used += gap_put_row(&gaps[i], text + used);
        if (used + CSV_LINE_MAX > size || i + 1 == count) {
            rc = segments_append(segments, text, used);
            used = 0;
        }
    }
    return rc;
}

int gap_file_write(struct segments *segments, const struct gap *gaps, uint32_t count, bool retry, char *text,
                   size_t size)
{
    int64_t wall_ms = disk_wall_ms(segments_disk(segments));
    int rc = segments_begin_write(segments, retry, segments_due(segments, wall_ms), wall_ms);

    if (rc == 0)
        rc = append_gaps(segments, gaps, count, text, size);
    return segments_end_write(segments, rc, true);
}

/* ---- reading ---- */

struct reading {
    struct registry *registry;
    const struct recovery_options *options;
    int64_t indexed_ms;
    uint64_t live_number;
    uint64_t rows;
    struct line_reader lines;
};

/* For an agent that was welcomed and sent no sample. It gets a free place or none: without one its gap may be noted
 * twice, while taking the place of another instance could store that one's samples twice. NULL: no place, or no
 * memory. */
static struct instance *make_instance(struct registry *registry, const struct gap *gap, int64_t now_ms)
{
    struct node *node = registry_find_node(registry, gap->node_id);

    if (node != NULL)
        return registry_has_place(node) ? registry_ensure_instance(node, gap->instance) : NULL;
    struct group *group = registry->node_count < NODES_MAX ? registry_ensure_group(registry, gap->group) : NULL;
    if (group == NULL)
        return NULL;
    node = registry_ensure_node(registry, gap->node_id, INTERVAL_MS_ASSUMED, now_ms);
    if (node == NULL)
        return NULL;
    node->group = group;
    return registry_ensure_instance(node, gap->instance);
}

void gap_file_take(const struct gap *gap, struct registry *registry, const struct recovery_options *options)
{
    if (gap->node_id[0] == '\0')
        return;
    struct node *node = registry_find_node(registry, gap->node_id);
    struct instance *instance = node != NULL ? registry_find_instance(node, gap->instance) : NULL;
    if (instance == NULL && options->wall_ms - gap->noted_ms <= registry->history_ms)
        instance = make_instance(registry, gap, options->now_ms);
    if (instance == NULL)
        return;
    /* If the collector died after the gaps of a write and before its rows, samples between two gaps are not stored, and
     * the agent may still drop them. The gaps behind them are found again. */
    uint64_t known_seq = instance->missing_seq > instance->stored_seq ? instance->missing_seq : instance->stored_seq;
    if (gap->range.first_seq <= known_seq + 1 && gap->range.last_seq > known_seq)
        instance->missing_seq = gap->range.last_seq;
}

/* The gaps in an older file are in the index, and none of them was noted within the history. */
static bool is_needed(const struct reading *reading, const struct segments_file *file)
{
    int64_t needed_ms = reading->options->wall_ms - reading->registry->history_ms;

    if (reading->indexed_ms < needed_ms)
        needed_ms = reading->indexed_ms;
    return reading->indexed_ms == INT64_MIN || file->modified_ms >= needed_ms - recovery_slack_ms(reading->options);
}

static void report_progress(const struct reading *reading)
{
    if (reading->options->progress != NULL)
        reading->options->progress(reading->options->arg);
}

static int gap_file_on_file(const struct segments_file *file, void *arg)
{
    struct reading *reading = arg;
    const char *line = NULL;
    size_t len = 0;
    bool whole = false;
    struct gap gap;

    report_progress(reading);
    if (file->number < reading->live_number && !is_needed(reading, file))
        return 0;
    line_reader_init(&reading->lines, file->disk, file->file);
    line_reader_limit(&reading->lines, file->end);
    while (line_reader_next(&reading->lines, &line, &len, &whole)) {
        if (++reading->rows % RECOVERY_PROGRESS_ROWS == 0)
            report_progress(reading);
        if (!whole || gap_parse_row(line, len, &gap) < 0)
            continue;
        gap_file_take(&gap, reading->registry, reading->options);
        if (reading->options->damage != NULL)
            damage_explain(reading->options->damage, &gap);
    }
    return reading->lines.error;
}

int gap_file_recover(const struct segments *segments, struct registry *registry, const struct recovery_options *options,
                     int64_t indexed_ms)
{
    struct reading *reading = malloc(sizeof *reading);

    if (reading == NULL)
        return -ENOMEM;
    reading->registry = registry;
    reading->options = options;
    reading->indexed_ms = indexed_ms;
    reading->live_number = segments_number(segments);
    reading->rows = 0;
    int rc = segments_each(segments, gap_file_on_file, reading);
    free(reading);
    return rc;
}
