#include "collector/store/csv_explain.h"

#include "collector/store/csv.h"
#include "common/fields.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct field {
    const char *text;
    size_t len;
};

/* The next field of the line; false when there is none. at begins as the line. */
static bool next_field(const char **at, const char *end, struct field *field)
{
    if (*at > end)
        return false;
    const char *comma = memchr(*at, ',', (size_t)(end - *at));
    field->text = *at;
    field->len = (size_t)((comma ? comma : end) - *at);
    *at += field->len + 1;
    return true;
}

static bool same(struct field a, struct field b)
{
    return a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
}

static bool is(struct field field, const char *name)
{
    return same(field, (struct field){name, strlen(name)});
}

bool csv_explain_header(const char *line, size_t len, char *text, size_t size)
{
    char header[CSV_LINE_MAX];
    const char *header_end = header + csv_put_header(header) - 1;
    const char *wanted_at = header, *found_at = line;
    struct field wanted, found;

    while (next_field(&wanted_at, header_end, &wanted)) {
        if (!next_field(&found_at, line + len, &found)) {
            if (is(wanted, metric_table[METRIC_BASE_COUNT].column))
                return true; /* of version 0.1 */
            (void)snprintf(text, size, "the header has no column %.*s; is this a metrics.csv of this version?",
                           (int)wanted.len, wanted.text);
            return false;
        }
        if (!same(wanted, found)) {
            (void)snprintf(text, size, "the header has \"%.*s\" where the column %.*s is needed", (int)found.len,
                           found.text, (int)wanted.len, wanted.text);
            return false;
        }
    }
    if (!next_field(&found_at, line + len, &found))
        return true;
    (void)snprintf(text, size, "the header has an unknown column \"%.*s\"", (int)found.len, found.text);
    return false;
}

/* What a field of the column must be; NULL: the field is valid. */
static const char *metric_lack(enum metric metric, struct field field)
{
    struct cursor cursor = {field.text, field.text + field.len};
    uint64_t number = 0;
    bool counter = METRIC_COUNTS(metric_table[metric].kind);
    bool percent = metric_table[metric].kind == METRIC_PERCENT;

    if (field.len == 0)
        return NULL;
    bool read = counter ? fields_get_unsigned(&cursor, &number) : fields_get_fixed(&cursor, 2, &number);
    if (!read || cursor.at != cursor.end)
        return counter ? "a whole number" : percent ? "a percentage with two decimals" : "a number with two decimals";
    if (percent && number > 10000)
        return "a percentage of 0 to 100";
    return !counter && (double)number > METRIC_GAUGE_MAX * 100.0 ? "at most 1000000000000" : NULL;
}

static const char *identity_lack(struct field column, struct field field)
{
    struct cursor cursor = {field.text, field.text + field.len};
    char name[NAME_LEN_MAX + 1];
    uint64_t number = 0;
    const char *lack = "a name";
    bool read;

    if (is(column, "seq")) {
        lack = "a whole number above 0";
        read = fields_get_unsigned(&cursor, &number) && number > 0;
    } else if (is(column, "instance")) {
        lack = "an \"i\" and 16 hex digits";
        read = fields_get_instance(&cursor, &number);
    } else if (is(column, "timestamp") || is(column, "uptime")) {
        lack = "a number of seconds with three decimals";
        read = fields_get_fixed(&cursor, 3, &number) && (is(column, "uptime") || number <= (uint64_t)CSV_TIME_MS_MAX);
    } else {
        read = fields_get_name(&cursor, name);
    }
    return read && cursor.at == cursor.end ? NULL : lack;
}

static const char *field_lack(struct field column, struct field field)
{
    for (unsigned m = 0; m < METRIC_COUNT; m++)
        if (is(column, metric_table[m].column))
            return metric_lack(m, field);
    return identity_lack(column, field);
}

void csv_explain_row(const char *line, size_t len, char *text, size_t size)
{
    char header[CSV_LINE_MAX];
    const char *header_end = header + csv_put_header(header) - 1;
    const char *column_at = header, *field_at = line;
    struct field column, field;

    while (next_field(&column_at, header_end, &column)) {
        if (!next_field(&field_at, line + len, &field)) {
            (void)snprintf(text, size, "the line ends before the column %.*s", (int)column.len, column.text);
            return;
        }
        const char *lack = field_lack(column, field);
        if (lack == NULL)
            continue;
        (void)snprintf(text, size, "%.*s \"%.*s\" is not %s", (int)column.len, column.text,
                       field.len < 40 ? (int)field.len : 40, field.text, lack);
        return;
    }
    (void)snprintf(text, size, "more columns than the header has");
}
