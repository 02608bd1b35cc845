#include "offline/metrics_row.h"

#include "collector/store/csv_explain.h"
#include "common/parse.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_MAX 64U

/* The number of decimals that the collector writes in a column of the header; -1: the column is not a number. */
static int decimals_of(const char *column, size_t len)
{
    static const struct {
        const char *column;
        int decimals;
    } others[] = {{"timestamp", 3}, {"uptime", 3}, {"seq", 0}};

    for (unsigned m = 0; m < METRIC_COUNT; m++)
        if (strlen(metric_table[m].column) == len && memcmp(metric_table[m].column, column, len) == 0)
            return METRIC_COUNTS(metric_table[m].kind) ? 0 : 2;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strlen(others[i].column) == len && memcmp(others[i].column, column, len) == 0)
            return others[i].decimals;
    return -1;
}

/* Writes the field as the collector would, or as it is if it is no number. false: there is no room. */
static bool put_field(const char *field, size_t len, int decimals, char **at, const char *end)
{
    char copy[NUMBER_MAX];
    double number;
    int put;

    bool is_number = decimals >= 0 && len > 0 && len < sizeof copy;
    if (is_number) {
        memcpy(copy, field, len);
        copy[len] = '\0';
        is_number = parse_number(copy, len, &number) == 0 && number >= 0.0;
    }
    if (is_number)
        put = snprintf(*at, (size_t)(end - *at), "%.*f", decimals, number);
    else
        put = snprintf(*at, (size_t)(end - *at), "%.*s", (int)len, field);
    if (put < 0 || put >= end - *at)
        return false;
    *at += put;
    return true;
}

/* The line with all numbers in the collector's form. Returns its length; 0: it does not fit. */
static size_t rewrite(const char *line, size_t len, char text[CSV_LINE_MAX])
{
    char header[CSV_LINE_MAX];
    const char *column = header, *header_end = header + csv_put_header(header) - 1, *end = line + len;
    char *at = text;

    for (const char *field = line; field <= end;) {
        const char *comma = memchr(field, ',', (size_t)(end - field));
        const char *column_comma = memchr(column, ',', (size_t)(header_end - column));
        size_t field_len = (size_t)((comma != NULL ? comma : end) - field);
        size_t column_len = (size_t)((column_comma != NULL ? column_comma : header_end) - column);
        if (!put_field(field, field_len, decimals_of(column, column_len), &at, text + CSV_LINE_MAX - 1))
            return 0;
        if (comma != NULL)
            *at++ = ',';
        field += field_len + 1;
        column = column_comma != NULL ? column_comma + 1 : header_end;
    }
    return (size_t)(at - text);
}

int metrics_row_read(const char *line, size_t len, struct csv_row *row, char *error, size_t size)
{
    char text[CSV_LINE_MAX];

    if (csv_parse_row(line, len, row) == 0)
        return 0;
    size_t rewritten = rewrite(line, len, text);
    if (rewritten > 0 && csv_parse_row(text, rewritten, row) == 0)
        return 0;
    csv_explain_row(rewritten > 0 ? text : line, rewritten > 0 ? rewritten : len, error, size);
    return -EINVAL;
}
