#include "cli/top/top_table.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void top_table_init(struct top_table *table, const struct top_table_kind *kind, unsigned sort)
{
    *table = (struct top_table){.kind = kind, .sort = sort, .note = "No answer yet"};
}

void top_table_deinit(struct top_table *table)
{
    free(table->order);
    table->order = NULL;
}

static const void *row_at(const struct top_table *table, unsigned place)
{
    return table->rows + table->order[place] * table->kind->row_size;
}

/* ---- order ---- */

static bool contains(const struct top_table_kind *kind, const void *row, const char *text)
{
    for (unsigned i = 0; i < kind->count; i++) {
        const struct top_column *column = &kind->columns[i];
        if (column->text != NULL && !column->unsearched && strcasestr(column->text(row), text) != NULL)
            return true;
    }
    return false;
}

/* NaN is after everything, whatever the direction. */
static int compare_numbers(double a, double b, bool descending)
{
    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return descending ? (a < b) - (a > b) : (a > b) - (a < b);
}

/* Numbers in texts count as numbers: web-9 is before web-10. */
static int compare_rows(const void *a, const void *b, void *arg)
{
    const struct top_table *table = arg;
    const struct top_column *column = &table->kind->columns[table->sort];
    unsigned x = *(const unsigned *)a;
    unsigned y = *(const unsigned *)b;
    const char *one = table->rows + x * table->kind->row_size;
    const char *other = table->rows + y * table->kind->row_size;
    bool descending = column->ascending == table->inverted;
    int order = 0;

    if (column->number != NULL)
        order = compare_numbers(column->number(one), column->number(other), descending);
    else
        order = strverscmp(column->text(one), column->text(other)) * (descending ? -1 : 1);
    if (order == 0 && table->kind->tie != NULL)
        order = strverscmp(table->kind->tie(one), table->kind->tie(other));
    return order != 0 ? order : (x > y) - (x < y);
}

static bool is_shown(const struct top_table *table, const void *row)
{
    if (table->scope[0] != '\0' && !table->kind->is_of(row, table->scope))
        return false;
    return table->filter[0] == '\0' || contains(table->kind, row, table->filter);
}

static int make_room(struct top_table *table, unsigned count)
{
    if (count <= table->order_size)
        return 0;
    unsigned *order = realloc(table->order, count * sizeof *order);
    if (order == NULL)
        return -ENOMEM;
    table->order = order;
    table->order_size = count;
    return 0;
}

/* The selected row may be at another place now, or gone: then its place remains selected. */
static void find_selected(struct top_table *table)
{
    char identity[TOP_TABLE_IDENTITY_MAX];

    for (unsigned place = 0; table->selected > 0 && place < table->count; place++) {
        table->kind->identify(row_at(table, place), identity, sizeof identity);
        if (strcmp(identity, table->identity) == 0) {
            top_table_select(table, place);
            return;
        }
    }
    top_table_select(table, table->selected);
}

int top_table_refresh(struct top_table *table)
{
    table->count = 0;
    if (make_room(table, table->row_count) < 0)
        return -ENOMEM;
    for (unsigned i = 0; i < table->row_count; i++)
        if (is_shown(table, table->rows + i * table->kind->row_size))
            table->order[table->count++] = i;
    if (table->count > 1 && !table->kind->fixed)
        qsort_r(table->order, table->count, sizeof *table->order, compare_rows, table);
    find_selected(table);
    return 0;
}

int top_table_take(struct top_table *table, const void *rows, unsigned count)
{
    table->rows = rows;
    table->row_count = count;
    table->note = table->kind->empty;
    return top_table_refresh(table);
}

/* ---- selection ---- */

const void *top_table_selected(const struct top_table *table)
{
    return table->count > 0 ? row_at(table, table->selected) : NULL;
}

void top_table_select(struct top_table *table, long place)
{
    long last = table->count > 0 ? (long)table->count - 1 : 0;

    table->selected = (unsigned)(place < 0 ? 0 : place > last ? last : place);
    if (table->count > 0)
        table->kind->identify(row_at(table, table->selected), table->identity, sizeof table->identity);
}

bool top_table_find(struct top_table *table, const char *text, unsigned from)
{
    for (unsigned i = 0; i < table->count; i++) {
        unsigned place = (from + i) % table->count;
        if (!contains(table->kind, row_at(table, place), text))
            continue;
        top_table_select(table, place);
        return true;
    }
    return false;
}

/* ---- columns ---- */

struct layout {
    unsigned widths[TOP_TABLE_COLUMNS_MAX]; /* 0: left out */
};

static unsigned total(const struct top_table_kind *kind, const struct layout *layout)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < kind->count; i++)
        sum += layout->widths[i] > 0 ? layout->widths[i] + 1 : 0;
    return sum > 0 ? sum - 1 : 0; /* between two columns there is a space */
}

static bool leave_one_out(const struct top_table_kind *kind, struct layout *layout)
{
    unsigned worst = kind->count;

    for (unsigned i = 0; i < kind->count; i++)
        if (layout->widths[i] > 0 && kind->columns[i].rank > 0 &&
            (worst == kind->count || kind->columns[i].rank >= kind->columns[worst].rank))
            worst = i;
    if (worst == kind->count)
        return false;
    layout->widths[worst] = 0;
    return true;
}

/* What a column would fill: a text its longest one, a series all of its width. */
static unsigned wish(const struct top_table *table, const struct top_column *column)
{
    size_t longest = column->width_min;

    if (column->width_max == 0 || column->text == NULL)
        return column->width_max > 0 ? column->width_max : column->width_min;
    for (unsigned place = 0; place < table->count; place++) {
        size_t len = strlen(column->text(row_at(table, place)));
        longest = len > longest ? len : longest;
    }
    return longest < column->width_max ? (unsigned)longest : column->width_max;
}

static void lay_out(const struct top_table *table, unsigned width, struct layout *layout)
{
    const struct top_table_kind *kind = table->kind;

    for (unsigned i = 0; i < kind->count; i++)
        layout->widths[i] = kind->columns[i].width_min;
    while (total(kind, layout) > width && leave_one_out(kind, layout)) {
    }
    for (unsigned i = 0; i < kind->count; i++) {
        unsigned used = total(kind, layout);
        if (layout->widths[i] == 0 || used >= width)
            continue;
        unsigned more = wish(table, &kind->columns[i]) - layout->widths[i];
        layout->widths[i] += more < width - used ? more : width - used;
    }
}

/* ---- drawing ---- */

/* A text that does not fit ends with a "~". */
static void put_text(struct top_screen *screen, unsigned row, unsigned column, unsigned width, enum top_style style,
                     const char *text, bool left)
{
    size_t len = strlen(text);
    unsigned shift = !left && len < width ? width - (unsigned)len : 0;

    (void)top_screen_put_cut(screen, row, column + shift, style, text, width - shift);
    if (len > width)
        top_screen_glyph(screen, row, column + width - 1, style, '~');
}

static void draw_cell(struct top_screen *screen, unsigned at, unsigned x, unsigned width,
                      const struct top_column *column, const void *row, enum top_style style)
{
    char text[64];

    if (column->series != NULL) {
        struct top_series series = {0};
        column->series(row, &series);
        top_spark_put(screen, at, x, width, style, &series);
    } else if (column->text != NULL) {
        put_text(screen, at, x, width, style, column->text(row), !column->right);
    } else {
        column->format(column->number(row), text, sizeof text);
        put_text(screen, at, x, width, style, text, false);
    }
}

static void draw_row(const struct top_table *table, struct top_screen *screen, unsigned at, unsigned place,
                     const struct layout *layout, bool dimmed)
{
    const void *row = row_at(table, place);
    unsigned x = 0;

    for (unsigned i = 0; i < table->kind->count; i++) {
        const struct top_column *column = &table->kind->columns[i];
        enum top_style style = column->style != NULL ? column->style(row) : TOP_STYLE_PLAIN;
        if (layout->widths[i] == 0)
            continue;
        draw_cell(screen, at, x, layout->widths[i], column, row, dimmed ? TOP_STYLE_DIM : style);
        x += layout->widths[i] + 1;
    }
    if (place == table->selected)
        top_screen_style(screen, at, TOP_STYLE_SELECTED);
}

/* The title of the column by which the rows are sorted has a "-" for descending or a "+" for ascending after it, if
 * there is room. */
static void draw_titles(const struct top_table *table, struct top_screen *screen, unsigned at,
                        const struct layout *layout)
{
    unsigned x = 0;

    top_screen_style(screen, at, TOP_STYLE_HEADING);
    for (unsigned i = 0; i < table->kind->count; i++) {
        const struct top_column *column = &table->kind->columns[i];
        unsigned width = layout->widths[i];
        char title[32];
        bool sorted = i == table->sort && !table->kind->fixed && strlen(column->title) < width;
        if (width == 0)
            continue;
        (void)snprintf(title, sizeof title, "%s%s", column->title,
                       !sorted                                ? ""
                       : column->ascending == table->inverted ? "-"
                                                              : "+");
        bool left = column->number == NULL || column->text != NULL;
        put_text(screen, at, x, width, TOP_STYLE_HEADING, title, left && !column->right);
        x += width + 1;
    }
}

static void scroll_to_selected(struct top_table *table)
{
    if (table->scroll + table->visible > table->count)
        table->scroll = table->count > table->visible ? table->count - table->visible : 0;
    if (table->selected < table->scroll)
        table->scroll = table->selected;
    if (table->visible > 0 && table->selected >= table->scroll + table->visible)
        table->scroll = table->selected - table->visible + 1;
}

void top_table_draw(struct top_table *table, struct top_screen *screen, unsigned top, unsigned height, bool dimmed)
{
    struct layout layout;

    if (height == 0)
        return;
    table->visible = height - 1;
    scroll_to_selected(table);
    lay_out(table, screen->columns, &layout);
    draw_titles(table, screen, top, &layout);
    if (table->count == 0 && table->visible > 0)
        (void)top_screen_put(screen, top + 1, 0, TOP_STYLE_DIM,
                             table->filter[0] != '\0' ? "Nothing matches the filter" : table->note);
    for (unsigned i = 0; i < table->visible && table->scroll + i < table->count; i++)
        draw_row(table, screen, top + 1 + i, table->scroll + i, &layout, dimmed);
}
