/* Pure. Rows of decisions.csv as text: splits them into fields, and finds columns by the names in a file's header,
 * since files of earlier versions have fewer columns. */
#ifndef COLLECTOR_ARCHIVE_ARCHIVE_ROW_H
#define COLLECTOR_ARCHIVE_ARCHIVE_ROW_H

#include "collector/autoscale/decision_fields.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARCHIVE_FIELDS_MAX 160U

struct archive_field {
    const char *text; /* without its quotes; within, a quote is doubled */
    size_t len;
    bool quoted;
};

/* The header of a file, or one row. The text is the caller's. */
struct archive_row {
    unsigned count;
    struct archive_field fields[ARCHIVE_FIELDS_MAX];
};

/* Splits a line of RFC 4180. 0, or -EBADMSG: a quote is not closed, or there are too many fields. */
int archive_row_split(struct archive_row *row, const char *line, size_t len);

/* The column of a field of decisions in a header; -1: there is none. */
int archive_row_column(const struct archive_row *header, enum decision_field_id field);

/* Whether the line begins with a time and that group, as each row does. The group may be empty: any. */
bool archive_row_is_of(const char *line, size_t len, const char *group, int64_t *time_ms);

/* NaN: the column is -1, or its field is empty or no number. */
double archive_row_number(const struct archive_row *row, int column);

/* Whether the field is this word; false where there is no such column. */
bool archive_row_has_word(const struct archive_row *row, int column, const char *word);

/* The text of a field with its quotes undone, cut to the size; printable UTF-8. "": the column is -1. */
void archive_row_text(const struct archive_row *row, int column, char *text, size_t size);

#endif
