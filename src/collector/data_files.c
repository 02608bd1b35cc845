#include "collector/data_files.h"

#include "collector/autoscale/decision_rows.h"
#include "collector/store/gap_file.h"
#include "collector/store/metrics_file.h"

const char *const data_files_names[DATA_FILES_COUNT] = {"metrics", "gaps", "decisions"};

struct segments_limits data_files_limits(const struct collector_config *config)
{
    return (struct segments_limits){.rotate_bytes = config->rotate_bytes,
                                    .rotate_ms = config->rotate_ms,
                                    .retain_ms = config->retain_ms,
                                    .retain_bytes = config->retain_bytes,
                                    .compress_after_ms = config->compress_after_ms};
}

static int open_decisions(struct data_files *files, const struct segments_limits *limits, uint64_t *cut)
{
    char header[DECISION_ROW_MAX];
    struct segments_options options = {.name = "decisions",
                                       .header = header,
                                       .row_ok = decision_rows_ok,
                                       .row_ms = segment_time_of_first_field,
                                       .limits = *limits};

    decision_fields_put_header(header);
    return segments_open(&files->decisions, &files->disk, &options, cut);
}

static int open_one(struct data_files *files, enum data_files_name which, const struct segments_limits *limits,
                    uint64_t *cut)
{
    if (which == DATA_FILES_METRICS)
        return metrics_file_open(&files->metrics, &files->disk, limits, files->index.last_segment, cut);
    if (which == DATA_FILES_GAPS)
        return gap_file_open(&files->gaps, &files->disk, limits, cut);
    return open_decisions(files, limits, cut);
}

int data_files_open(struct data_files *files, const struct disk *disk, const struct segments_limits *limits,
                    uint64_t cut[DATA_FILES_COUNT], enum data_files_name *failed)
{
    *files = (struct data_files){.disk = *disk};
    index_file_read(&files->index, &files->disk);
    for (unsigned i = 0; i < DATA_FILES_COUNT; i++)
        cut[i] = 0;
    for (*failed = 0; *failed < DATA_FILES_COUNT; ++*failed) {
        uint64_t bytes = 0;
        int rc = open_one(files, *failed, limits, &bytes);
        if (rc < 0)
            return rc;
        cut[*failed] = bytes;
    }
    return 0;
}

struct segments *data_files_segments(struct data_files *files, enum data_files_name which)
{
    struct segments *const all[DATA_FILES_COUNT] = {&files->metrics, &files->gaps, &files->decisions};

    return all[which];
}

/* ---- damage ---- */

/* Before the damaged rows are taken out: then nothing else tells of them. */
static int name_damaged(struct data_files *files, struct registry *registry, const struct recovery_options *options,
                        uint64_t unexplained)
{
    struct damage *damage = options->damage;
    char text[8 * CSV_LINE_MAX];
    bool is_live = segments_damaged(&files->metrics) > 0; /* an older file is as it is, at each start */
    uint64_t samples = damage_finish(damage, is_live ? unexplained : 0, options->wall_ms);

    int rc = damage->count == 0
                 ? 0
                 : gap_file_write(&files->gaps, damage->gaps, (uint32_t)damage->count, false, text, sizeof text);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < damage->count; i++)
        gap_file_take(&damage->gaps[i], registry, options);
    files->damaged_samples = samples;
    return 0;
}

static void take_out_damaged(struct data_files *files, int rc_named)
{
    for (unsigned i = 0; i < DATA_FILES_COUNT; i++) {
        struct segments *segments = data_files_segments(files, i);
        files->damage[i].lines = segments_damaged(segments);
        files->damage[i].rc = i == DATA_FILES_METRICS && rc_named < 0 ? rc_named : segments_take_out_damaged(segments);
    }
}

static int read_back(struct data_files *files, struct registry *registry, const struct recovery_options *options,
                     struct recovery_report *report)
{
    int rc = recovery_run(&files->metrics, &files->index, registry, options, report);

    index_file_free(&files->index);
    if (rc < 0)
        return rc;
    uint64_t unexplained = damage_sort(options->damage);
    rc = gap_file_recover(&files->gaps, registry, options, report->indexed_ms);
    if (rc < 0)
        return rc;
    take_out_damaged(files, name_damaged(files, registry, options, unexplained));
    return 0;
}

int data_files_recover(struct data_files *files, struct registry *registry, const struct recovery_options *options,
                       struct recovery_report *report)
{
    struct damage damage = {0};
    struct recovery_options own = *options;

    own.damage = &damage;
    int rc = read_back(files, registry, &own, report);
    damage_free(&damage);
    return rc;
}

int data_files_close(struct data_files *files)
{
    index_file_free(&files->index);
    int rc = segments_close(&files->metrics);
    (void)segments_close(&files->gaps); /* both are synced after each write */
    (void)segments_close(&files->decisions);
    return rc;
}
