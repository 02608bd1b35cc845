/* Pure. A table of text with aligned columns, fitted to the width of the terminal.
 *
 * If it is too wide, the columns with the highest rank are left out first, and those that may be cut are cut. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "cli/view.h"

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS_MAX 24U

struct table_column {
    const char *title;
    unsigned rank;    /* 0: always shown */
    unsigned cut;     /* may be cut to that many columns, longer text ends with "..."; 0: never */
    bool is_right;    /* aligned to the right, as numbers are */
    bool is_optional; /* left out if no row has a value other than "-" */
};

struct table {
    const struct table_column *columns;
    size_t column_count;
    char **cells; /* row after row */
    enum view_colour *colours;
    size_t count; /* of cells */
    size_t size;
    bool out_of_memory;
};

/* The columns belong to the caller. */
void table_init(struct table *table, const struct table_column *columns, size_t column_count);
void table_deinit(struct table *table);

/* The next cell of the row, in the colour. Rows follow one another: each has a cell for each column. */
__attribute__((format(printf, 3, 4))) void table_add(struct table *table, enum view_colour colour, const char *format,
                                                     ...);

size_t table_rows(const struct table *table);

/* Prints the titles and the first rows, at most that many. 0 or -ENOMEM, if there was no memory for a cell. */
int table_print(const struct table *table, const struct view *view, size_t rows_max);

#endif
