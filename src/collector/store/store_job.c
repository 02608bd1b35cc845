#include "collector/store/store_job.h"

#include "collector/store/csv.h"
#include "collector/store/gap_file.h"
#include "collector/store/index_file.h"
#include "common/prefetch.h"

#include <errno.h>
#include <stdlib.h>

#define AHEAD 8U /* rows whose names are prefetched */

int store_job_init(struct store_job *job, const struct store_parts *parts, size_t text_size)
{
    char *text = malloc(text_size);

    if (text == NULL)
        return -ENOMEM;
    *job = (struct store_job){.parts = *parts, .text = text, .text_size = text_size};
    return 0;
}

void store_job_deinit(struct store_job *job)
{
    free(job->entries);
    free(job->text);
    *job = (struct store_job){0};
}

/* ---- on the loop ---- */

/* The worker reads the names of nodes from the snapshot; the registry is pinned until store_job_end(). */
static void take_snapshot(struct store_job *job)
{
    struct registry *registry = job->parts.registry;

    job->last_segment = segments_number(job->parts.metrics);
    job->index_rc =
        index_snapshot(registry, job->parts.backlog->filling, job->last_segment, &job->entries, &job->entry_count);
    if (job->index_rc == 0)
        registry_pin(registry);
}

void store_job_begin(struct store_job *job, bool sync)
{
    if (!job->retry) {
        backlog_take(job->parts.backlog, &job->rows, &job->row_count);
        job->gaps = backlog_taken_gaps(job->parts.backlog, &job->gap_count);
    }
    job->sync = sync;
    job->rotation = segments_due(job->parts.metrics, disk_wall_ms(job->parts.disk));
    if (job->rotation)
        take_snapshot(job);
}

void store_job_end(struct store_job *job)
{
    job->retry = job->rc < 0;
    if (!job->rotation)
        return;
    free(job->entries);
    job->entries = NULL;
    registry_unpin(job->parts.registry);
}

struct backlog_instances store_job_stored(struct store_job *job)
{
    return backlog_stored(job->parts.backlog, segments_number(job->parts.metrics));
}

const char *store_job_failed_name(const struct store_job *job)
{
    return segments_name(job->gaps_failed ? job->parts.gaps : job->parts.metrics);
}

/* ---- on the worker ---- */

static int write_gaps(struct store_job *job)
{
    if (job->gap_count == 0)
        return 0;
    int rc = gap_file_write(job->parts.gaps, job->gaps, job->gap_count, job->gaps_failed, job->text, job->text_size);
    job->gaps_failed = rc < 0;
    if (rc == 0)
        job->gap_count = 0;
    return rc;
}

/* Once the file that the index covers last is a segment. */
static void write_index(struct store_job *job)
{
    if (job->entries != NULL && segments_number(job->parts.metrics) > job->last_segment)
        job->index_rc = index_file_write(job->parts.disk, job->last_segment, job->entries, job->entry_count, job->text,
                                         job->text_size);
}

/* The instance and the node of a row are not cached. Rows of one instance follow each other. */
static void prefetch_row(const struct store_job *job, uint32_t i)
{
    if (i + 2 * AHEAD < job->row_count)
        prefetch(job->rows[i + 2 * AHEAD].instance, PREFETCH_LINE);
    if (i + AHEAD < job->row_count)
        prefetch(job->rows[i + AHEAD].instance->node->id, PREFETCH_LINE);
}

static int append_rows(struct store_job *job)
{
    size_t used = 0;
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < job->row_count; i++) {
        const struct row *row = &job->rows[i];
        prefetch_row(job, i);
        used +=
            csv_put_row(row->instance->node->id, row->group->name, row->instance->id, &row->sample, job->text + used);
        if (used + CSV_LINE_MAX > job->text_size || i + 1 == job->row_count) {
            rc = segments_append(job->parts.metrics, job->text, used);
            used = 0;
        }
    }
    return rc;
}

static int write_rows(struct store_job *job)
{
    struct segments *metrics = job->parts.metrics;
    int rc = segments_begin_write(metrics, job->retry, job->rotation, disk_wall_ms(job->parts.disk));

    if (segments_sync_lost(metrics))
        job->sync = true; /* the rotation has just shown that a late sync can't be relied on */
    if (rc == 0) {
        write_index(job);
        rc = append_rows(job);
    }
    return segments_end_write(metrics, rc, job->sync);
}

void store_job_run(struct store_job *job)
{
    int rc = write_gaps(job);

    job->rc = rc < 0 ? rc : write_rows(job);
}

void store_job_sync(struct store_job *job)
{
    (void)segments_sync(job->parts.metrics); /* a failure that matters is an event of the segments */
}
