#include "cli/table.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2U /* columns between two columns */

/* How the columns are shown. */
struct layout {
    bool is_shown[TABLE_COLUMNS_MAX];
    unsigned natural[TABLE_COLUMNS_MAX];
    unsigned width[TABLE_COLUMNS_MAX];
};

void table_init(struct table *table, const struct table_column *columns, size_t column_count)
{
    assert(column_count > 0 && column_count <= TABLE_COLUMNS_MAX);
    *table = (struct table){.columns = columns, .column_count = column_count};
}

void table_deinit(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table->colours);
    *table = (struct table){0};
}

static bool reserve(struct table *table)
{
    size_t size = table->size > 0 ? 2 * table->size : 256;

    if (table->count < table->size)
        return true;
    char **cells = reallocarray(table->cells, size, sizeof *cells);
    if (cells != NULL)
        table->cells = cells;
    enum view_colour *colours = reallocarray(table->colours, size, sizeof *colours);
    if (colours != NULL)
        table->colours = colours;
    if (cells == NULL || colours == NULL)
        return false;
    table->size = size;
    return true;
}

void table_add(struct table *table, enum view_colour colour, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    if (table->out_of_memory)
        return;
    va_start(args, format);
    table->out_of_memory = !reserve(table) || vasprintf(&text, format, args) < 0;
    va_end(args);
    if (table->out_of_memory)
        return;
    table->colours[table->count] = colour;
    table->cells[table->count++] = text;
}

size_t table_rows(const struct table *table)
{
    return table->count / table->column_count;
}

/* ---- the layout ---- */

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static void measure(const struct table *table, struct layout *layout)
{
    for (size_t c = 0; c < table->column_count; c++) {
        layout->is_shown[c] = !table->columns[c].is_optional;
        layout->natural[c] = view_columns(table->columns[c].title);
    }
    for (size_t i = 0; i < table->count; i++) {
        size_t c = i % table->column_count;
        layout->natural[c] = larger(layout->natural[c], view_columns(table->cells[i]));
        layout->is_shown[c] |= table->cells[i][0] != '\0' && strcmp(table->cells[i], "-") != 0;
    }
}

static unsigned least(const struct table *table, const struct layout *layout, size_t c)
{
    unsigned cut = larger(table->columns[c].cut, view_columns(table->columns[c].title));

    return table->columns[c].cut > 0 && cut < layout->natural[c] ? cut : layout->natural[c];
}

static unsigned least_width(const struct table *table, const struct layout *layout)
{
    unsigned width = 0;

    for (size_t c = 0; c < table->column_count; c++)
        if (layout->is_shown[c])
            width += least(table, layout, c) + (width > 0 ? GAP : 0);
    return width;
}

/* Leaves out the last of the columns with the highest rank. False: all that are left are always shown. */
static bool leave_out(const struct table *table, struct layout *layout)
{
    size_t found = SIZE_MAX;

    for (size_t c = 0; c < table->column_count; c++)
        if (layout->is_shown[c] && table->columns[c].rank > 0 &&
            (found == SIZE_MAX || table->columns[c].rank >= table->columns[found].rank))
            found = c;
    if (found != SIZE_MAX)
        layout->is_shown[found] = false;
    return found != SIZE_MAX;
}

/* The width that is left goes to the columns that would be cut, from the left. */
static void spread(const struct table *table, struct layout *layout, unsigned width)
{
    unsigned used = least_width(table, layout);
    unsigned left = width > used ? width - used : 0;

    for (size_t c = 0; c < table->column_count; c++) {
        unsigned lacks = layout->natural[c] - least(table, layout, c);
        unsigned more = !layout->is_shown[c] ? 0 : lacks < left ? lacks : left;
        layout->width[c] = least(table, layout, c) + more;
        left -= more;
    }
}

static void lay_out(const struct table *table, unsigned width, struct layout *layout)
{
    measure(table, layout);
    if (width == 0) {
        memcpy(layout->width, layout->natural, sizeof layout->width);
        return;
    }
    while (least_width(table, layout) > width && leave_out(table, layout)) {
    }
    spread(table, layout, width);
}

/* ---- the lines ---- */

/* The bytes of the first columns. */
static int bytes_of(const char *text, unsigned columns)
{
    int at = 0;

    while (text[at] != '\0' && (columns > 0 || ((unsigned char)text[at] & 0xc0) == 0x80))
        columns -= ((unsigned char)text[at++] & 0xc0) != 0x80;
    return at;
}

/* ends_line: no spaces at its end */
static void put_cell(const struct view *view, const char *text, unsigned width, bool is_right, bool ends_line)
{
    unsigned columns = view_columns(text);

    if (columns > width && width > 3) {
        (void)fprintf(view->out, "%.*s...", bytes_of(text, width - 3), text);
        return;
    }
    unsigned space = columns < width ? width - columns : 0;
    (void)fprintf(view->out, "%*s%.*s%*s", is_right ? (int)space : 0, "", bytes_of(text, width), text,
                  is_right || ends_line ? 0 : (int)space, "");
}

static size_t last_shown(const struct table *table, const struct layout *layout)
{
    size_t last = 0;

    for (size_t c = 0; c < table->column_count; c++)
        if (layout->is_shown[c])
            last = c;
    return last;
}

/* cells NULL: the titles */
static void put_line(const struct table *table, const struct layout *layout, const struct view *view, char **cells,
                     const enum view_colour *colours)
{
    size_t last = last_shown(table, layout);
    bool is_first = true;

    for (size_t c = 0; c < table->column_count; c++) {
        if (!layout->is_shown[c])
            continue;
        enum view_colour colour = colours != NULL ? colours[c] : VIEW_BOLD;
        (void)fprintf(view->out, "%*s", is_first ? 0 : (int)GAP, "");
        is_first = false;
        if (colour != VIEW_PLAIN)
            view_colour(view, colour);
        put_cell(view, cells != NULL ? cells[c] : table->columns[c].title, layout->width[c], table->columns[c].is_right,
                 c == last);
        if (colour != VIEW_PLAIN)
            view_colour(view, VIEW_PLAIN);
    }
    (void)fputc('\n', view->out);
}

int table_print(const struct table *table, const struct view *view, size_t rows_max)
{
    struct layout layout = {0};
    size_t rows = table_rows(table) < rows_max ? table_rows(table) : rows_max;

    if (table->out_of_memory)
        return -ENOMEM;
    lay_out(table, view->width, &layout);
    put_line(table, &layout, view, NULL, NULL);
    for (size_t r = 0; r < rows; r++)
        put_line(table, &layout, view, table->cells + r * table->column_count,
                 table->colours + r * table->column_count);
    return 0;
}
