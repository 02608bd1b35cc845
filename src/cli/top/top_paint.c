#include "cli/top/top_paint.h"

#include "cli/top/top_detail.h"
#include "cli/top/top_head.h"
#include "cli/top/top_keys.h"

#include <stdio.h>
#include <string.h>

#define MENU_WIDTH   16U
#define DETAIL_MAX   8U
#define TABLE_HEIGHT 8U /* lines that the details leave to the table at least */

/* ---- the last line ---- */

/* A key, and what it does. */
struct hint {
    const char *key;
    const char *what;
};

static unsigned put_hint(struct top_screen *screen, unsigned row, unsigned x, const char *key, const char *what)
{
    size_t len = strlen(key) + strlen(what);

    if (x + len > screen->columns)
        return x;
    x = top_screen_put(screen, row, x, TOP_STYLE_PLAIN, key);
    return top_screen_put(screen, row, x, TOP_STYLE_KEY, what) + 1;
}

static const char *next_view(const struct top *top)
{
    static const char *const names[] = {[TOP_VIEW_GROUPS] = "Nodes",
                                        [TOP_VIEW_NODES] = "Problems",
                                        [TOP_VIEW_PROBLEMS] = "Groups",
                                        [TOP_VIEW_NODE] = "Problems"};

    return names[top->view];
}

static void put_hints(const struct top *top, struct top_screen *screen, unsigned row)
{
    const struct hint hints[] = {
        {"F1", "Help"},          {"F3", "Search"},  {"F4", "Filter"}, {"F6", "Sort"},
        {"Tab", next_view(top)}, {"Enter", "Open"}, {"Esc", "Back"},  {"Space", top->paused ? "Go on" : "Pause"},
        {"F10", "Quit"},
    };
    const struct top_table *table = &top->tables[top->view];
    bool leads_back = top->view == TOP_VIEW_NODE || table->scope[0] != '\0' || table->filter[0] != '\0';
    unsigned x = 0;

    for (unsigned i = 0; i < sizeof hints / sizeof *hints; i++)
        if (leads_back || strcmp(hints[i].key, "Esc") != 0)
            x = put_hint(screen, row, x, hints[i].key, hints[i].what);
}

static void put_foot(const struct top *top, struct top_screen *screen, unsigned row)
{
    const char *filter = top->tables[top->view].filter;

    if (top->input == TOP_INPUT_SEARCH)
        (void)top_screen_putf(screen, row, 0, TOP_STYLE_STRONG, "Search: %s_   (F3 next, Enter done)", top->text);
    else if (top->input == TOP_INPUT_FILTER)
        (void)top_screen_putf(screen, row, 0, TOP_STYLE_STRONG, "Filter: %s_   (Enter done, Esc all lines)", filter);
    else if (top->input == TOP_INPUT_SORT)
        (void)top_screen_put(screen, row, 0, TOP_STYLE_STRONG, "Sort by: arrows choose, Enter sorts, Esc leaves it");
    else if (top->input == TOP_INPUT_HELP)
        (void)top_screen_put(screen, row, 0, TOP_STYLE_STRONG, "Any key closes the help");
    else
        put_hints(top, screen, row);
}

/* ---- the help and the menu ---- */

static void put_help(struct top_screen *screen)
{
    (void)top_screen_put(screen, 0, 0, TOP_STYLE_STRONG, "headroom top: keys");
    for (unsigned i = 0; i < top_binding_count; i++) {
        (void)top_screen_put(screen, 2 + i, 2, TOP_STYLE_STRONG, top_bindings[i].names);
        (void)top_screen_put(screen, 2 + i, 29, TOP_STYLE_PLAIN, top_bindings[i].what);
    }
    (void)top_screen_put_wrapped(screen, 3 + top_binding_count, 3, TOP_STYLE_PLAIN,
                                 "HISTORY shows cpu: of groups in the last half hour, of nodes since they are shown. "
                                 "The selection stays with its line when the order changes, except that the first "
                                 "line stays the first.");
}

static void put_menu(const struct top *top, struct top_screen *screen, unsigned row, unsigned height)
{
    const struct top_table_kind *kind = top->tables[top->view].kind;
    unsigned first = height > 0 && top->menu >= height ? top->menu - height + 1 : 0;

    for (unsigned i = 0; i < height; i++) {
        int column = top_keys_menu_column(kind, first + i);
        enum top_style style = first + i == top->menu ? TOP_STYLE_SELECTED : TOP_STYLE_PLAIN;
        if (column < 0)
            break;
        (void)top_screen_putf(screen, row + i, 0, style, " %-*s", (int)MENU_WIDTH - 2, kind->columns[column].title);
        (void)top_screen_put(screen, row + i, MENU_WIDTH - 1, TOP_STYLE_PLAIN, "| ");
    }
}

/* ---- all ---- */

static unsigned put_detail(const struct top *top, struct top_screen *screen, unsigned row, unsigned end)
{
    unsigned rows_max = end > row + TABLE_HEIGHT ? end - row - TABLE_HEIGHT : 0;
    const char *group = top->tables[top->view].scope;

    rows_max = rows_max < DETAIL_MAX ? rows_max : DETAIL_MAX;
    if (top->view == TOP_VIEW_NODE)
        return top_detail_put_node(&top->node, screen, row, rows_max);
    if (top->view == TOP_VIEW_PROBLEMS)
        return top_detail_put_problem(top_table_selected(&top->tables[top->view]), screen, row, rows_max);
    return group[0] != '\0' ? top_detail_put_group(top, group, screen, row, rows_max) : 0;
}

void top_paint(struct top *top, struct top_screen *screen, int64_t now_ms, const char *clock)
{
    unsigned end = screen->rows > 0 ? screen->rows - 1 : 0; /* the last line */
    unsigned row = 0;

    top_screen_clear(screen, screen->columns, screen->rows);
    if (top->input == TOP_INPUT_HELP) {
        put_help(screen);
    } else {
        row = top_head_put(top, screen, now_ms, clock);
        row += put_detail(top, screen, row, end);
        if (row < end)
            top_table_draw(top_current(top), screen, row, end - row, top_is_old(top, now_ms));
        if (top->input == TOP_INPUT_SORT && row + 1 < end)
            put_menu(top, screen, row + 1, end - row - 1);
    }
    for (unsigned x = 0; x < screen->columns; x++) /* in a low terminal other lines got there */
        top_screen_glyph(screen, end, x, TOP_STYLE_PLAIN, ' ');
    put_foot(top, screen, end);
}
