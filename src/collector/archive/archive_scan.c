#include "collector/archive/archive_scan.h"

#include "collector/archive/archive_buckets.h"
#include "collector/archive/archive_decisions.h"
#include "collector/archive/archive_groups.h"
#include "collector/archive/archive_nodes.h"
#include "collector/archive/archive_span.h"
#include "collector/store/metrics_file.h"
#include "common/line_reader.h"
#include "common/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LINES_A_LOOK 256U /* lines, or pieces of long ones, between two looks at the clock */
#define HEAD_MAX     1024U
#define TIME_MAX     24U
#define VALUE_MAX    28U /* bytes of one value and its comma */
#define STATISTICS   3U  /* of each column: mean, lowest, highest */

struct scan {
    const struct archive_query *query;
    const struct disk *disk;
    const atomic_bool *cancelled;
    uint64_t until_us;
    int64_t covered_ms; /* all rows from then on have been read, */
    bool is_complete;   /* or all that are asked for */
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
    if (rc == 0 && file->after_ms != SEGMENT_TIME_UNKNOWN && file->after_ms < scan->covered_ms)
        scan->covered_ms = file->after_ms;
    return rc;
}

static int read_files(struct scan *scan)
{
    const struct archive_query *query = scan->query;
    bool is_node = query->kind == ARCHIVE_NODE;
    const struct archive_series series = {.disk = scan->disk,
                                          .name = is_node ? "metrics" : "decisions",
                                          .row_ms = is_node ? metrics_file_row_ms : segment_time_of_first_field};

    scan->covered_ms = query->to_ms;
    scan->until_us = disk_mono_us(scan->disk) + ARCHIVE_SCAN_MS_MAX * UINT64_C(1000);
    int rc = archive_span_each(&series, query->from_ms, query->to_ms, archive_scan_on_file, scan);
    scan->is_complete = rc == 0;
    if (scan->is_complete)
        scan->covered_ms = query->from_ms;
    return rc == -ETIME ? 0 : rc;
}

/* ---- the answer ---- */

static void put_head(struct writer *writer, const struct scan *scan)
{
    const struct archive_query *query = scan->query;

    writer_putf(writer, "{\"now_ms\":%" PRId64 ",\"%s\":", query->now_ms,
                query->kind == ARCHIVE_NODE ? "node" : "group");
    if (query->name[0] != '\0')
        writer_put_string(writer, query->name);
    else
        writer_put(writer, "null");
    writer_putf(writer, ",\"from_ms\":%" PRId64 ",\"to_ms\":%" PRId64 ",\"complete\":%s,\"complete_from_ms\":%" PRId64,
                query->from_ms, query->to_ms, scan->is_complete ? "true" : "false", scan->covered_ms);
}

static unsigned places_of(const struct archive_query *query, unsigned column)
{
    return query->kind == ARCHIVE_NODE && metric_table[query->columns[column]].kind == METRIC_COUNTER ? 0 : 4;
}

static void put_columns(struct writer *writer, const struct archive_query *query)
{
    char name[ARCHIVE_COLUMN_NAME_MAX];

    writer_put(writer, ",\"columns\":[\"time_ms\"");
    for (unsigned i = 0; i < query->column_count; i++) {
        archive_query_column_name(query->kind, query->columns[i], name);
        writer_putf(writer, ",\"%s\",\"%s_min\",\"%s_max\"", name, name, name);
    }
    writer_put(writer, "]");
}

static void put_bucket(struct writer *writer, const struct scan *scan, unsigned at)
{
    writer_putf(writer, "[%" PRId64, scan->buckets.begin_ms + at * scan->buckets.step_ms);
    for (unsigned i = 0; i < scan->query->column_count; i++) {
        const struct archive_bucket *bucket = archive_buckets_get(&scan->buckets, at, i);
        unsigned places = places_of(scan->query, i);
        double values[STATISTICS] = {NAN, NAN, NAN};
        if (bucket->count > 0) {
            values[0] = bucket->sum / bucket->count;
            values[1] = bucket->low;
            values[2] = bucket->high;
        }
        for (unsigned k = 0; k < STATISTICS; k++) {
            writer_put(writer, ",");
            writer_put_number(writer, values[k], places);
        }
    }
    writer_put(writer, "]");
}

/* A bucket that was read in part is left out. */
static void put_buckets(struct writer *writer, const struct scan *scan)
{
    const struct archive_buckets *buckets = &scan->buckets;
    bool first = true;

    writer_putf(writer, ",\"step_ms\":%" PRId64, buckets->step_ms);
    put_columns(writer, scan->query);
    writer_put(writer, ",\"rows\":[");
    for (unsigned at = 0; at < buckets->count; at++) {
        int64_t begin_ms = buckets->begin_ms + at * buckets->step_ms;
        if (archive_buckets_is_empty(buckets, at) || (!scan->is_complete && begin_ms < scan->covered_ms))
            continue;
        writer_put(writer, first ? "\n" : ",\n");
        put_bucket(writer, scan, at);
        first = false;
    }
    writer_put(writer, "\n]}\n");
}

static void put_decisions(struct writer *writer, const struct scan *scan)
{
    const struct archive_decisions *decisions = &scan->decisions;

    writer_putf(writer, ",\"more\":%s,\"decisions\":[", decisions->more ? "true" : "false");
    for (size_t i = 0; i < decisions->count; i++) {
        writer_put(writer, i == 0 ? "\n" : ",\n");
        writer_put_bytes(writer, decisions->found[i].json, decisions->found[i].len);
    }
    writer_put(writer, "\n]}\n");
}

static size_t size_of_answer(const struct scan *scan)
{
    const struct archive_query *query = scan->query;
    size_t columns = STATISTICS * (size_t)query->column_count;
    size_t size = HEAD_MAX + columns * ARCHIVE_COLUMN_NAME_MAX;

    if (query->kind != ARCHIVE_DECISIONS)
        return size + scan->buckets.count * (TIME_MAX + columns * VALUE_MAX);
    for (size_t i = 0; i < scan->decisions.count; i++)
        size += scan->decisions.found[i].len + 2;
    return size;
}

static int make_answer(const struct scan *scan, struct archive_answer *answer)
{
    struct writer writer = {.size = size_of_answer(scan)};

    writer.text = malloc(writer.size);
    if (writer.text == NULL)
        return -ENOMEM;
    put_head(&writer, scan);
    if (scan->query->kind == ARCHIVE_DECISIONS)
        put_decisions(&writer, scan);
    else
        put_buckets(&writer, scan);
    *answer = (struct archive_answer){writer.text, writer.len};
    return 0;
}

/* ---- the whole ---- */

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
    scan->disk = disk;
    scan->cancelled = cancelled;
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
