#include "collector/archive/archive_groups.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Longer than decisions.csv has it: each signal with its value, age, nodes and floor. */
#define SIGNALS_TEXT_MAX ((size_t)SIGNALS_OF_GROUP_MAX * (SIGNAL_NAME_LEN_MAX + 128U))

void archive_groups_init(struct archive_groups *groups, const struct archive_query *query,
                         struct archive_buckets *buckets)
{
    groups->query = query;
    groups->buckets = buckets;
    archive_groups_begin_file(groups, "", 0);
}

void archive_groups_begin_file(struct archive_groups *groups, const char *header, size_t len)
{
    if (archive_row_split(&groups->row, header, len) < 0)
        groups->row.count = 0;
    for (unsigned i = 0; i < ARCHIVE_GROUP_COLUMN_COUNT; i++)
        groups->columns[i] = archive_row_column(&groups->row, archive_group_columns[i].field);
    groups->order = archive_row_column(&groups->row, DECISION_FIELD_ORDER);
}

/* The outcome of an order has a row of its own, with the numbers of the decision and a later time. */
static bool is_observation(const struct archive_groups *groups)
{
    return groups->order < 0 || archive_row_has_word(&groups->row, groups->order, "") ||
           archive_row_has_word(&groups->row, groups->order, "intent") ||
           archive_row_has_word(&groups->row, groups->order, "published");
}

/* Of a text such as "jobs=12 age=0.500 nodes=3;p99=missing". NaN: the signal is missing, or not there. */
static double signal_value(const struct archive_groups *groups, int column)
{
    char text[SIGNALS_TEXT_MAX];
    char *rest = NULL;
    size_t len = strlen(groups->query->signal);

    archive_row_text(&groups->row, column, text, sizeof text);
    for (char *one = strtok_r(text, ";", &rest); one != NULL; one = strtok_r(NULL, ";", &rest)) {
        char *end = NULL;
        if (strncmp(one, groups->query->signal, len) != 0 || one[len] != '=')
            continue;
        double value = strtod(one + len + 1, &end);
        return end != one + len + 1 && isfinite(value) ? value : NAN;
    }
    return NAN;
}

static double value_of(const struct archive_groups *groups, unsigned column)
{
    if (column == ARCHIVE_GROUP_SIGNAL)
        return signal_value(groups, groups->columns[column]);
    return archive_row_number(&groups->row, groups->columns[column]) * archive_group_columns[column].factor;
}

void archive_groups_take(struct archive_groups *groups, const char *line, size_t len)
{
    const struct archive_query *query = groups->query;
    int64_t time_ms = 0;

    if (!archive_row_is_of(line, len, query->name, &time_ms) || time_ms < query->from_ms || time_ms >= query->to_ms ||
        archive_row_split(&groups->row, line, len) < 0 || !is_observation(groups))
        return;
    unsigned at = archive_buckets_at(groups->buckets, time_ms);
    for (unsigned i = 0; i < query->column_count; i++)
        archive_buckets_add(groups->buckets, at, i, value_of(groups, query->columns[i]));
}
