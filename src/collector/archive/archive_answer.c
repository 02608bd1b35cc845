#include "collector/archive/archive_answer.h"

#include "common/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#define HEAD_MAX   1024U
#define TIME_MAX   24U
#define VALUE_MAX  28U /* bytes of one value and its comma */
#define STATISTICS 3U  /* of each column: mean, lowest, highest */

static void put_head(struct writer *writer, const struct archive_query *query, const struct archive_coverage *coverage)
{

    writer_putf(writer, "{\"now_ms\":%" PRId64 ",\"%s\":", query->now_ms,
                query->kind == ARCHIVE_NODE ? "node" : "group");
    if (query->name[0] != '\0')
        writer_put_string(writer, query->name);
    else
        writer_put(writer, "null");
    writer_putf(writer, ",\"source\":\"%s\"", coverage->source);
    writer_putf(writer, ",\"from_ms\":%" PRId64 ",\"to_ms\":%" PRId64 ",\"complete\":%s,\"complete_from_ms\":%" PRId64,
                query->from_ms, query->to_ms, coverage->is_complete ? "true" : "false", coverage->from_ms);
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
        archive_query_column_name(query, i, name);
        writer_putf(writer, ",\"%s\",\"%s_min\",\"%s_max\"", name, name, name);
    }
    writer_put(writer, "]");
}

static void put_bucket(struct writer *writer, const struct archive_query *query, const struct archive_buckets *buckets,
                       unsigned at)
{
    writer_putf(writer, "[%" PRId64, buckets->begin_ms + at * buckets->step_ms);
    for (unsigned i = 0; i < query->column_count; i++) {
        const struct archive_bucket *bucket = archive_buckets_get(buckets, at, i);
        unsigned places = places_of(query, i);
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
static void put_buckets(struct writer *writer, const struct archive_query *query,
                        const struct archive_coverage *coverage, const struct archive_buckets *buckets)
{
    bool first = true;

    writer_putf(writer, ",\"step_ms\":%" PRId64, buckets->step_ms);
    put_columns(writer, query);
    writer_put(writer, ",\"rows\":[");
    for (unsigned at = 0; at < buckets->count; at++) {
        int64_t begin_ms = buckets->begin_ms + at * buckets->step_ms;
        if (archive_buckets_is_empty(buckets, at) || (!coverage->is_complete && begin_ms < coverage->from_ms))
            continue;
        writer_put(writer, first ? "\n" : ",\n");
        put_bucket(writer, query, buckets, at);
        first = false;
    }
    writer_put(writer, "\n]}\n");
}

static void put_decisions(struct writer *writer, const struct archive_decisions *decisions)
{
    writer_putf(writer, ",\"more\":%s,\"decisions\":[", decisions->more ? "true" : "false");
    for (size_t i = 0; i < decisions->count; i++) {
        writer_put(writer, i == 0 ? "\n" : ",\n");
        writer_put_bytes(writer, decisions->found[i].json, decisions->found[i].len);
    }
    writer_put(writer, "\n]}\n");
}

static int begin(struct writer *writer, size_t size, const struct archive_query *query,
                 const struct archive_coverage *coverage)
{
    *writer = (struct writer){.text = malloc(HEAD_MAX + size), .size = HEAD_MAX + size};
    if (writer->text == NULL)
        return -ENOMEM;
    put_head(writer, query, coverage);
    return 0;
}

int archive_answer_buckets(const struct archive_query *query, const struct archive_coverage *coverage,
                           const struct archive_buckets *buckets, struct archive_answer *answer)
{
    size_t columns = STATISTICS * (size_t)query->column_count;
    struct writer writer;

    int rc = begin(&writer, columns * ARCHIVE_COLUMN_NAME_MAX + buckets->count * (TIME_MAX + columns * VALUE_MAX),
                   query, coverage);
    if (rc < 0)
        return rc;
    put_buckets(&writer, query, coverage, buckets);
    *answer = (struct archive_answer){writer.text, writer.len};
    return 0;
}

int archive_answer_decisions(const struct archive_query *query, const struct archive_coverage *coverage,
                             const struct archive_decisions *decisions, struct archive_answer *answer)
{
    struct writer writer;
    size_t size = 0;

    for (size_t i = 0; i < decisions->count; i++)
        size += decisions->found[i].len + 2;
    int rc = begin(&writer, size, query, coverage);
    if (rc < 0)
        return rc;
    put_decisions(&writer, decisions);
    *answer = (struct archive_answer){writer.text, writer.len};
    return 0;
}
