#include "collector/archive/archive_query.h"

#include "common/parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define GROUP_COLUMN_ROW(id, name, field, factor) [ARCHIVE_GROUP_##id] = {name, field, factor},
const struct archive_group_column_info archive_group_columns[ARCHIVE_GROUP_COLUMN_COUNT] = {
    ARCHIVE_GROUP_COLUMNS(GROUP_COLUMN_ROW)};

static unsigned columns_of(enum archive_kind kind)
{
    return kind == ARCHIVE_NODE ? METRIC_COUNT : ARCHIVE_GROUP_COLUMN_COUNT;
}

static void put_name(enum archive_kind kind, unsigned column, const char *signal, char name[ARCHIVE_COLUMN_NAME_MAX])
{
    bool is_rate = kind == ARCHIVE_NODE && METRIC_COUNTS(metric_table[column].kind);

    if (kind == ARCHIVE_GROUP && column == ARCHIVE_GROUP_SIGNAL)
        snprintf(name, ARCHIVE_COLUMN_NAME_MAX, "%s:%s", archive_group_columns[column].name, signal);
    else
        snprintf(name, ARCHIVE_COLUMN_NAME_MAX, "%s%s",
                 kind == ARCHIVE_NODE ? metric_table[column].name : archive_group_columns[column].name,
                 is_rate ? "_per_second" : "");
}

void archive_query_column_name(const struct archive_query *query, unsigned i, char name[ARCHIVE_COLUMN_NAME_MAX])
{
    put_name(query->kind, query->columns[i], query->signal, name);
}

/* The name of the signal in "signal:NAME"; its length is 0 if the text is not of that form. */
static size_t signal_of(const char *text, size_t len, const char **name)
{
    static const char prefix[] = "signal:";
    size_t prefix_len = sizeof prefix - 1;

    *name = text + prefix_len;
    if (len <= prefix_len || strncmp(text, prefix, prefix_len) != 0)
        return 0;
    len -= prefix_len;
    return len <= SIGNAL_NAME_LEN_MAX && parse_name_ok(*name, len) ? len : 0;
}

/* The column of that name; columns_of(): there is none. */
static unsigned find_column(enum archive_kind kind, const char *text, size_t len, const char *signal)
{
    char name[ARCHIVE_COLUMN_NAME_MAX];
    unsigned column = 0;

    for (; column < columns_of(kind); column++) {
        bool is_unnamed = kind == ARCHIVE_GROUP && column == ARCHIVE_GROUP_SIGNAL && signal[0] == '\0';
        put_name(kind, column, signal, name);
        if (!is_unnamed && strlen(name) == len && memcmp(name, text, len) == 0)
            break;
    }
    return column;
}

static void take_all(struct archive_query *query)
{
    query->column_count = query->kind == ARCHIVE_NODE ? METRIC_COUNT : ARCHIVE_GROUP_SIGNAL;
    for (unsigned i = 0; i < query->column_count; i++)
        query->columns[i] = (uint8_t)i;
}

int archive_query_take_columns(struct archive_query *query, const char *text)
{
    uint8_t columns[ARCHIVE_COLUMNS_MAX];
    char signal[SIGNAL_NAME_LEN_MAX + 1] = "";
    unsigned count = 0;
    uint32_t taken = 0;

    if (text[0] == '\0') {
        take_all(query);
        return 0;
    }
    for (;; text++) {
        const char *name = NULL;
        size_t len = strcspn(text, ",");
        size_t name_len = signal[0] == '\0' ? signal_of(text, len, &name) : 0;
        if (name_len > 0)
            memcpy(signal, name, name_len);
        unsigned column = find_column(query->kind, text, len, signal);
        if (column == columns_of(query->kind) || (taken >> column & 1U) != 0)
            return -EINVAL;
        taken |= 1U << column;
        columns[count++] = (uint8_t)column;
        text += len;
        if (*text == '\0')
            break;
    }
    memcpy(query->columns, columns, count);
    query->column_count = count;
    memcpy(query->signal, signal, sizeof signal);
    return 0;
}

int64_t archive_query_step_ms(const struct archive_query *query)
{
    static const int64_t seconds[] = {1,   2,   5,    10,   15,   30,    60,    120,  300,
                                      600, 900, 1800, 3600, 7200, 14400, 21600, 43200};
    const int64_t day_ms = INT64_C(86400000);
    int64_t most = ARCHIVE_BUCKETS_MAX - 1; /* the first bucket may begin before the first moment */
    int64_t range_ms = query->to_ms - query->from_ms;

    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++)
        if (range_ms <= most * seconds[i] * 1000)
            return seconds[i] * 1000;
    int64_t days = (range_ms + most * day_ms - 1) / (most * day_ms);
    return days * day_ms;
}
