#include "collector/archive/archive_nodes.h"

#include <math.h>
#include <string.h>

void archive_nodes_init(struct archive_nodes *nodes, const struct archive_query *query, struct archive_buckets *buckets)
{
    nodes->query = query;
    nodes->buckets = buckets;
    nodes->name_len = strlen(query->name);
    nodes->now = 0;
    nodes->has_before = false;
}

void archive_nodes_begin_file(struct archive_nodes *nodes)
{
    nodes->has_before = false;
}

/* NaN: the counter fell, no time passed on the node, or it is absent in one of them. */
static double rate(const struct sample *before, const struct sample *sample, enum metric metric)
{
    if (!sample_has(before, metric) || !sample_has(sample, metric) || sample->uptime_ms <= before->uptime_ms ||
        sample->value[metric].counter < before->value[metric].counter)
        return NAN;
    uint64_t grown = sample->value[metric].counter - before->value[metric].counter;
    return (double)grown * 1000.0 / (double)(sample->uptime_ms - before->uptime_ms);
}

static double value_of(const struct archive_nodes *nodes, enum metric metric)
{
    const struct csv_row *row = &nodes->rows[nodes->now];
    const struct csv_row *before = &nodes->rows[nodes->now ^ 1U];

    if (!METRIC_COUNTS(metric_table[metric].kind))
        return sample_has(&row->sample, metric) ? row->sample.value[metric].gauge : NAN;
    return nodes->has_before && before->instance == row->instance ? rate(&before->sample, &row->sample, metric) : NAN;
}

void archive_nodes_take(struct archive_nodes *nodes, const char *line, size_t len)
{
    const struct archive_query *query = nodes->query;
    struct csv_row *row = &nodes->rows[nodes->now];

    if (len <= nodes->name_len || line[nodes->name_len] != ',' || memcmp(line, query->name, nodes->name_len) != 0 ||
        csv_parse_row(line, len, row) < 0)
        return;
    unsigned at = archive_buckets_at(nodes->buckets, row->sample.time_ms);
    bool is_asked_for = row->sample.time_ms >= query->from_ms && row->sample.time_ms < query->to_ms;
    for (unsigned i = 0; is_asked_for && i < query->column_count; i++)
        archive_buckets_add(nodes->buckets, at, i, value_of(nodes, query->columns[i]));
    nodes->has_before = true;
    nodes->now ^= 1U;
}
