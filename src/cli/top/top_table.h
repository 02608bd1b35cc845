/* Pure. A table of which the terminal shows a part: its rows are sorted by a column and filtered by a text, one of them
 * is selected, and its columns fit the width.
 *
 * The rows are the owner's; the table has their order. The selection stays with its row when the order changes, except
 * that a selected first line stays the first line. */
#ifndef CLI_TOP_TOP_TABLE_H
#define CLI_TOP_TOP_TABLE_H

#include "cli/top/top_format.h"
#include "cli/top/top_screen.h"
#include "cli/top/top_spark.h"
#include "common/limits.h"

#include <stdbool.h>
#include <stddef.h>

#define TOP_TABLE_COLUMNS_MAX  32U
#define TOP_TABLE_IDENTITY_MAX 400U
#define TOP_TABLE_FILTER_MAX   64U

/* A column shows a text, a number or a series. */
struct top_column {
    const char *title;
    unsigned char width_min;
    unsigned char width_max; /* as far as its texts or the series need it; 0: width_min */
    unsigned char rank;      /* in a narrow terminal the columns of the highest rank are left out first; 0: never */
    bool ascending;          /* how it is sorted at first */
    bool unsearched;         /* a text that searches and filters leave out */
    bool right;              /* a text that is aligned like a number */
    const char *(*text)(const void *row);     /* searched and filtered; sorted by unless there is a number */
    double (*number)(const void *row);        /* sorted by; NaN comes last */
    top_format *format;                       /* of the number, unless there is a text */
    enum top_style (*style)(const void *row); /* or NULL */
    void (*series)(const void *row, struct top_series *series);
};

struct top_table_kind {
    const struct top_column *columns;
    unsigned count;
    size_t row_size;
    void (*identify)(const void *row, char *text, size_t size); /* what is the same of a row in the next answer */
    bool (*is_of)(const void *row, const char *scope);          /* or NULL: the table takes no scope */
    const char *(*tie)(const void *row); /* sorts rows that are equal otherwise; NULL: they stay in their order */
    const char *empty;                   /* the note once it has taken no rows */
    bool fixed;                          /* its rows are not sorted */
};

struct top_table {
    const struct top_table_kind *kind;
    const char *rows;
    unsigned row_count;
    const char *note; /* shown in place of rows */
    unsigned sort;    /* index of a column */
    bool inverted;
    char filter[TOP_TABLE_FILTER_MAX];
    char scope[NAME_LEN_MAX + 1]; /* only the rows of this one, by kind->is_of; "": all */
    unsigned *order;              /* the indices of rows that the filter lets through */
    unsigned order_size;
    unsigned count;
    unsigned selected; /* place in the order */
    char identity[TOP_TABLE_IDENTITY_MAX];
    unsigned scroll;  /* place of the first row shown */
    unsigned visible; /* rows shown at the last drawing */
};

void top_table_init(struct top_table *table, const struct top_table_kind *kind, unsigned sort);
void top_table_deinit(struct top_table *table);

/* Takes other rows. 0, or -ENOMEM; then the table is empty. */
int top_table_take(struct top_table *table, const void *rows, unsigned count);

/* After a change of sort, inverted, filter or scope. */
int top_table_refresh(struct top_table *table);

/* The row that is selected, or NULL if there is none. */
const void *top_table_selected(const struct top_table *table);

/* Selects the place, or the nearest one there is. */
void top_table_select(struct top_table *table, long place);

/* Selects the first row from a place on that contains the text, going on at the first row; false: there is none. */
bool top_table_find(struct top_table *table, const char *text, unsigned from);

/* Draws the titles in the row `top` of the screen, and the table's rows below it. dimmed: its values are old. */
void top_table_draw(struct top_table *table, struct top_screen *screen, unsigned top, unsigned height, bool dimmed);

#endif
