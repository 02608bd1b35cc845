#include "collector/store/csv.h"

#include "common/fields.h"

#include <errno.h>
#include <string.h>

size_t csv_put_header(char *text)
{
    char *at = fields_put_text(text, "node_id");

    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        if (m == METRIC_SEED_COUNT)
            at = fields_put_text(at, ",timestamp,group,instance,seq,uptime");
        *at++ = ',';
        at = fields_put_text(at, metric_table[m].column);
    }
    *at++ = '\n';
    return (size_t)(at - text);
}

static char *put_identity(char *at, const char *group, uint64_t instance, const struct sample *sample)
{
    *at++ = ',';
    at = fields_put_thousandths(at, (uint64_t)sample->time_ms);
    *at++ = ',';
    at = fields_put_text(at, group);
    *at++ = ',';
    at = fields_put_instance(at, instance);
    *at++ = ',';
    at = fields_put_unsigned(at, sample->seq);
    *at++ = ',';
    return fields_put_thousandths(at, sample->uptime_ms);
}

static inline char *put_metric(char *at, const struct sample *sample, enum metric metric, enum metric_kind kind)
{
    *at++ = ',';
    if (!sample_has(sample, metric))
        return at;
    if (METRIC_COUNTS(kind))
        return fields_put_unsigned(at, sample->value[metric].counter);
    return fields_put_hundredths(at, (uint64_t)(int64_t)(sample->value[metric].gauge * 100.0 + 0.5));
}

size_t csv_put_row(const char *node_id, const char *group, uint64_t instance, const struct sample *sample, char *text)
{
    char *at = fields_put_text(text, node_id);
    bool rare = sample_has_rare(sample);

#define PUT(symbol, field, column, kind, title)                                                                        \
    if (METRIC_##symbol == METRIC_SEED_COUNT)                                                                          \
        at = put_identity(at, group, instance, sample);                                                                \
    if (METRIC_##symbol < METRIC_BASE_COUNT || rare)                                                                   \
        at = put_metric(at, sample, METRIC_##symbol, kind);                                                            \
    else                                                                                                               \
        *at++ = ',';
    METRICS(PUT)
#undef PUT
    *at++ = '\n';
    return (size_t)(at - text);
}

/* ---- reading ---- */

static bool get_metric(struct cursor *cursor, enum metric metric, struct sample *sample)
{
    uint64_t number = 0;

    if (fields_at_end(cursor))
        return true;
    if (METRIC_COUNTS(metric_table[metric].kind)) {
        if (!fields_get_unsigned(cursor, &number))
            return false;
        sample_set_counter(sample, metric, number);
        return true;
    }
    if (!fields_get_fixed(cursor, 2, &number))
        return false;
    sample_set_gauge(sample, metric, (double)number / 100.0);
    return true;
}

static bool get_identity(struct cursor *cursor, struct csv_row *row)
{
    uint64_t time_ms = 0;

    if (!fields_get_fixed(cursor, 3, &time_ms) || time_ms > (uint64_t)CSV_TIME_MS_MAX ||
        !fields_get_char(cursor, ',') || !fields_get_name(cursor, row->group) || !fields_get_char(cursor, ',') ||
        !fields_get_instance(cursor, &row->instance) || !fields_get_char(cursor, ',') ||
        !fields_get_unsigned(cursor, &row->sample.seq) || !fields_get_char(cursor, ',') ||
        !fields_get_fixed(cursor, 3, &row->sample.uptime_ms))
        return false;
    row->sample.time_ms = (int64_t)time_ms;
    return row->sample.seq > 0;
}

static bool skip_field(struct cursor *cursor)
{
    while (!fields_at_end(cursor))
        cursor->at++;
    return cursor->at != cursor->end;
}

int csv_parse_identity(const char *line, size_t len, struct csv_row *row)
{
    struct cursor cursor = {line, line + len};
    bool ok = fields_get_name(&cursor, row->node_id);

    for (unsigned i = 0; ok && i <= METRIC_SEED_COUNT; i++) /* the metrics, and the timestamp */
        ok = fields_get_char(&cursor, ',') && skip_field(&cursor);
    ok = ok && fields_get_char(&cursor, ',') && fields_get_name(&cursor, row->group) && fields_get_char(&cursor, ',') &&
         fields_get_instance(&cursor, &row->instance) && fields_get_char(&cursor, ',') &&
         fields_get_unsigned(&cursor, &row->sample.seq) && fields_get_char(&cursor, ',') && row->sample.seq > 0;
    return ok ? 0 : -EBADMSG;
}

int csv_parse_row(const char *line, size_t len, struct csv_row *row)
{
    struct cursor cursor = {line, line + len};

    row->sample.present = 0;
    if (!fields_get_name(&cursor, row->node_id))
        return -EBADMSG;
    row->metric_count = METRIC_COUNT;
    for (unsigned m = 0; m < row->metric_count; m++) {
        if (m == METRIC_SEED_COUNT && (!fields_get_char(&cursor, ',') || !get_identity(&cursor, row)))
            return -EBADMSG;
        if (m == METRIC_BASE_COUNT && cursor.at == cursor.end)
            row->metric_count = METRIC_BASE_COUNT;
        else if (!fields_get_char(&cursor, ',') || !get_metric(&cursor, m, &row->sample))
            return -EBADMSG;
    }
    if (cursor.at != cursor.end || sample_clean(&row->sample) > 0)
        return -EBADMSG;
    return 0;
}
