#include "bridge/forward/decision_line.h"

#include "collector/store/segment_time.h"
#include "common/parse.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* What else a column may be. */
#define COLUMN_OTHER     (-1)
#define COLUMN_TIMESTAMP (-2)
#define COLUMN_GROUP     (-3)
#define COLUMN_ORDER     (-4)

static bool is_text(const char *text, size_t len, const char *expected)
{
    return strlen(expected) == len && memcmp(text, expected, len) == 0;
}

static int16_t find_column(const char *name, size_t len)
{
    if (is_text(name, len, "timestamp"))
        return COLUMN_TIMESTAMP;
    if (is_text(name, len, "group"))
        return COLUMN_GROUP;
    if (is_text(name, len, "order"))
        return COLUMN_ORDER;
    for (unsigned i = 0; i < DECISION_SERIES_COUNT; i++)
        if (is_text(name, len, decision_series[i].column))
            return (int16_t)i;
    return COLUMN_OTHER;
}

/* The length of the field at the beginning; the sentence, which is quoted, is the last one. */
static size_t field_len(const char *text, size_t len)
{
    const char *comma = len > 0 && *text != '"' ? memchr(text, ',', len) : NULL;

    return comma != NULL ? (size_t)(comma - text) : len;
}

int decision_line_columns(const char *header, size_t len, struct decision_columns *columns)
{
    struct decision_columns found = {0};
    bool has_group = false;

    for (size_t at = 0, part = 0; at <= len && found.count < DECISION_COLUMNS_MAX; at += part + 1) {
        part = field_len(header + at, len - at);
        found.of[found.count] = find_column(header + at, part);
        has_group = has_group || found.of[found.count] == COLUMN_GROUP;
        found.count++;
    }
    if (!has_group || found.of[0] != COLUMN_TIMESTAMP)
        return -EBADMSG;
    *columns = found;
    return 0;
}

/* Rows of an intent, and those that are no order, have the numbers of their time. */
static bool is_outcome(const char *order, size_t len)
{
    return len > 0 && !is_text(order, len, "intent") && !is_text(order, len, "published");
}

/* Returns 1, 0 or -EBADMSG, as decision_line_parse(). */
static int take_field(struct decision_point *point, int16_t column, const char *text, size_t len)
{
    if (column == COLUMN_GROUP) {
        if (len > NAME_LEN_MAX || !parse_name_ok(text, len))
            return -EBADMSG;
        memcpy(point->group, text, len);
        point->group[len] = '\0';
    } else if (column == COLUMN_ORDER) {
        return !is_outcome(text, len);
    } else if (column >= 0 && len > 0) {
        double value = 0.0;
        if (parse_number(text, len, &value) < 0)
            return -EBADMSG;
        point->value[column] = value / decision_series[column].divisor;
        point->present |= 1U << column;
    }
    return 1;
}

/* text[len] of parse_number() is the comma: the sentence, which has no series, comes last. */
int decision_line_parse(const char *line, size_t len, const struct decision_columns *columns,
                        struct decision_point *point)
{
    unsigned column = 0;
    int rc = 1;

    *point = (struct decision_point){.time_ms = segment_time_of_first_field(line, len)};
    if (point->time_ms < 0)
        return -EBADMSG;
    for (size_t at = 0, part = 0; at <= len && rc > 0; at += part + 1, column++) {
        part = field_len(line + at, len - at);
        if (column == columns->count || (at + part == len && columns->of[column] >= 0))
            return -EBADMSG;
        rc = take_field(point, columns->of[column], line + at, part);
    }
    return rc <= 0 || column == columns->count ? rc : -EBADMSG;
}
