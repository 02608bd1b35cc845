#include "collector/archive/archive_scan.h"

#include "collector/archive/archive_buckets.h"
#include "collector/archive/archive_decisions.h"
#include "collector/archive/archive_groups.h"
#include "collector/archive/archive_nodes.h"
#include "collector/archive/archive_span.h"
#include "collector/store/disk_plain.h"
#include "collector/store/metrics_file.h"
#include "common/line_reader.h"

#include <errno.h>
#include <stdlib.h>

#define LINES_A_LOOK 256U /* lines, or pieces of long ones, between two looks at the clock */

struct scan {
    const struct archive_query *query;
    struct disk_plain plain;
    const struct disk *disk; /* the plain view */
    const atomic_bool *cancelled;
    uint64_t until_us;
    struct archive_coverage coverage;
    struct archive_buckets buckets;
    struct archive_nodes nodes;
    struct archive_groups groups;
    struct archive_decisions decisions;
    struct line_reader lines;
};

/* ---- reading ---- */

static void begin_file(struct scan *scan, const char *header, size_t len)
{
    if (scan->query->kind == ARCHIVE_NODE)
        archive_nodes_begin_file(&scan->nodes);
    else if (scan->query->kind == ARCHIVE_GROUP)
        archive_groups_begin_file(&scan->groups, header, len);
    else
        archive_decisions_begin_file(&scan->decisions, header, len);
}

static int take_line(struct scan *scan, const char *line, size_t len)
{
    if (scan->query->kind == ARCHIVE_DECISIONS)
        return archive_decisions_take(&scan->decisions, line, len);
    if (scan->query->kind == ARCHIVE_NODE)
        archive_nodes_take(&scan->nodes, line, len);
    else
        archive_groups_take(&scan->groups, line, len);
    return 0;
}

/* Whether to go on: 0, -ECANCELED or -ETIME. */
static int look(const struct scan *scan)
{
    if (atomic_load_explicit(scan->cancelled, memory_order_relaxed))
        return -ECANCELED;
    return disk_mono_us(scan->disk) < scan->until_us ? 0 : -ETIME;
}

/* Pieces without a line end are skipped: of a last line that is being written, or of a block that is damaged. */
static int archive_scan_on_file(const struct archive_file *file, void *arg)
{
    struct scan *scan = arg;
    const char *line = NULL;
    size_t len = 0;
    bool whole = false;
    int rc = look(scan);

    line_reader_init(&scan->lines, scan->disk, file->file);
    for (unsigned count = 0; rc == 0 && line_reader_next(&scan->lines, &line, &len, &whole); count++) {
        if (count == 0)
            begin_file(scan, line, whole ? len : 0);
        else if (whole)
            rc = take_line(scan, line, len);
        if (rc == 0 && count % LINES_A_LOOK == LINES_A_LOOK - 1)
            rc = look(scan);
    }
    if (rc == 0)
        rc = scan->lines.error;
    if (rc == 0 && file->after_ms != SEGMENT_TIME_UNKNOWN && file->after_ms < scan->coverage.from_ms)
        scan->coverage.from_ms = file->after_ms;
    return rc;
}

/* The time is over, or a file can't be read: what is newer is the answer. */
static bool is_answered_in_part(const struct scan *scan, int rc)
{
    if (rc == 0 || rc == -ECANCELED || rc == -ENOMEM)
        return false;
    return rc == -ETIME || scan->coverage.from_ms < scan->query->to_ms;
}

static int read_files(struct scan *scan)
{
    const struct archive_query *query = scan->query;
    bool is_node = query->kind == ARCHIVE_NODE;
    const struct archive_series series = {.disk = scan->disk,
                                          .name = is_node ? "metrics" : "decisions",
                                          .row_ms = is_node ? metrics_file_row_ms : segment_time_of_first_field};

    scan->coverage.from_ms = query->to_ms;
    scan->until_us = disk_mono_us(scan->disk) + ARCHIVE_SCAN_MS_MAX * UINT64_C(1000);
    int rc = archive_span_each(&series, query->from_ms, query->to_ms, archive_scan_on_file, scan);
    scan->coverage.is_complete = rc == 0;
    if (scan->coverage.is_complete)
        scan->coverage.from_ms = query->from_ms;
    return is_answered_in_part(scan, rc) ? 0 : rc;
}

/* ---- the whole ---- */

static int make_answer(const struct scan *scan, struct archive_answer *answer)
{
    if (scan->query->kind == ARCHIVE_DECISIONS)
        return archive_answer_decisions(scan->query, &scan->coverage, &scan->decisions, answer);
    return archive_answer_buckets(scan->query, &scan->coverage, &scan->buckets, answer);
}

static int scan_init(struct scan *scan)
{
    const struct archive_query *query = scan->query;

    if (query->kind == ARCHIVE_DECISIONS)
        return archive_decisions_init(&scan->decisions, query);
    int rc = archive_buckets_init(&scan->buckets, query);
    archive_nodes_init(&scan->nodes, query, &scan->buckets);
    archive_groups_init(&scan->groups, query, &scan->buckets);
    return rc;
}

int archive_scan(const struct archive_query *query, const struct disk *disk, const atomic_bool *cancelled,
                 struct archive_answer *answer)
{
    struct scan *scan = calloc(1, sizeof *scan);

    if (scan == NULL)
        return -ENOMEM;
    scan->query = query;
    disk_plain_init(&scan->plain, disk);
    scan->disk = &scan->plain.disk;
    scan->cancelled = cancelled;
    scan->coverage.source = "files";
    int rc = scan_init(scan);
    if (rc == 0)
        rc = read_files(scan);
    if (rc == 0 && query->kind == ARCHIVE_DECISIONS)
        archive_decisions_end(&scan->decisions);
    if (rc == 0)
        rc = make_answer(scan, answer);
    archive_decisions_deinit(&scan->decisions);
    archive_buckets_deinit(&scan->buckets);
    free(scan);
    return rc;
}
