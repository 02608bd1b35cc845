#include "cli/top/top_keys.h"

#include <stdio.h>
#include <string.h>

/* ---- the table ---- */

static bool press_in_table(struct top_table *table, int key)
{
    long at = table->selected;
    long page = table->visible > 0 ? table->visible : 1;

    switch (key) {
    case TOP_KEY_UP:
        top_table_select(table, at - 1);
        return true;
    case TOP_KEY_DOWN:
        top_table_select(table, at + 1);
        return true;
    case TOP_KEY_PAGE_UP:
        top_table_select(table, at - page);
        return true;
    case TOP_KEY_PAGE_DOWN:
        top_table_select(table, at + page);
        return true;
    case TOP_KEY_HOME:
        top_table_select(table, 0);
        return true;
    case TOP_KEY_END:
        top_table_select(table, (long)table->count - 1);
        return true;
    default:
        return false;
    }
}

/* ---- texts ---- */

/* Whether the key changed the text. */
static bool edit(char *text, size_t size, int key)
{
    size_t len = strlen(text);

    if (key == TOP_KEY_BACKSPACE && len > 0)
        text[len - 1] = '\0';
    else if (key >= ' ' && key <= '~' && len + 1 < size)
        memcpy(text + len, (char[]){(char)key, '\0'}, 2);
    else
        return false;
    return true;
}

static void press_in_search(struct top *top, int key)
{
    struct top_table *table = top_current(top);

    if (key == TOP_KEY_ENTER || key == TOP_KEY_ESCAPE)
        top->input = TOP_INPUT_NONE;
    else if (key == TOP_KEY_F3)
        (void)top_table_find(table, top->text, table->selected + 1);
    else if (edit(top->text, sizeof top->text, key))
        (void)top_table_find(table, top->text, table->selected);
    else
        (void)press_in_table(table, key);
}

static void press_in_filter(struct top *top, int key)
{
    struct top_table *table = top_current(top);

    if (key == TOP_KEY_ENTER) {
        top->input = TOP_INPUT_NONE;
    } else if (key == TOP_KEY_ESCAPE) {
        top->input = TOP_INPUT_NONE;
        table->filter[0] = '\0';
        (void)top_table_refresh(table);
    } else if (edit(table->filter, sizeof table->filter, key)) {
        (void)top_table_refresh(table);
    } else {
        (void)press_in_table(table, key);
    }
}

/* ---- the menu of columns ---- */

int top_keys_menu_column(const struct top_table_kind *kind, unsigned place)
{
    for (unsigned i = 0; i < kind->count; i++) {
        if (kind->columns[i].series != NULL)
            continue;
        if (place-- == 0)
            return (int)i;
    }
    return -1;
}

static void open_menu(struct top *top)
{
    const struct top_table *table = top_current(top);

    if (table->kind->fixed)
        return;
    top->input = TOP_INPUT_SORT;
    for (top->menu = 0; top_keys_menu_column(table->kind, top->menu) != (int)table->sort; top->menu++) {
    }
}

static void press_in_menu(struct top *top, int key)
{
    struct top_table *table = top_current(top);

    if (key == TOP_KEY_UP && top->menu > 0)
        top->menu--;
    if (key == TOP_KEY_DOWN && top_keys_menu_column(table->kind, top->menu + 1) >= 0)
        top->menu++;
    if (key == TOP_KEY_ENTER) {
        table->sort = (unsigned)top_keys_menu_column(table->kind, top->menu);
        table->inverted = false;
        (void)top_table_refresh(table);
    }
    if (key == TOP_KEY_ENTER || key == TOP_KEY_ESCAPE || key == 'q' || key == TOP_KEY_F6)
        top->input = TOP_INPUT_NONE;
}

/* ---- views ---- */

/* Groups, nodes, problems, and back to groups. */
static void turn(struct top *top, unsigned by)
{
    enum top_view view = top->view == TOP_VIEW_NODE ? TOP_VIEW_NODES : top->view;

    view = (view + by) % TOP_VIEW_NODE; /* those before it */
    if (view == TOP_VIEW_NODES)
        top_open_nodes(top, "");
    top->view = view;
}

static void open_selected(struct top *top)
{
    const void *row = top_table_selected(top_current(top));
    const struct top_problem *problem = row;

    if (row == NULL)
        return;
    if (top->view == TOP_VIEW_GROUPS)
        top_open_nodes(top, ((const struct top_group *)row)->name);
    else if (top->view == TOP_VIEW_NODES)
        top_open_node(top, ((const struct top_node *)row)->id);
    else if (top->view == TOP_VIEW_PROBLEMS && problem->node[0] != '\0')
        top_open_node(top, problem->node);
    else if (top->view == TOP_VIEW_PROBLEMS && problem->group[0] != '\0')
        top_open_nodes(top, problem->group);
}

/* One step: from a filter to all rows, from a node and from a group's nodes to where they were opened. */
static void go_back(struct top *top)
{
    struct top_table *table = top_current(top);

    if (table->filter[0] != '\0') {
        table->filter[0] = '\0';
        (void)top_table_refresh(table);
    } else if (top->view == TOP_VIEW_NODE) {
        top->view = top->node_from;
        top->hurry = true;
    } else if (table->scope[0] != '\0') {
        table->scope[0] = '\0';
        (void)top_table_refresh(table);
        top->view = top->nodes_from;
    }
}

static void sort_by(struct top *top, unsigned group_column, unsigned node_column)
{
    struct top_table *table = top_current(top);

    if (top->view != TOP_VIEW_GROUPS && top->view != TOP_VIEW_NODES)
        return;
    table->sort = top->view == TOP_VIEW_GROUPS ? group_column : node_column;
    table->inverted = false;
    (void)top_table_refresh(top_current(top));
}

static void invert(struct top *top)
{
    top_current(top)->inverted = !top_current(top)->inverted;
    (void)top_table_refresh(top_current(top));
}

/* ---- bindings ---- */

static void quit(struct top *top)
{
    top->quit = true;
}

static void show_help(struct top *top)
{
    top->input = TOP_INPUT_HELP;
}

static void begin_search(struct top *top)
{
    top->input = TOP_INPUT_SEARCH;
    top->text[0] = '\0';
}

static void find_next(struct top *top)
{
    (void)top_table_find(top_current(top), top->text, top_current(top)->selected + 1);
}

static void begin_filter(struct top *top)
{
    top->input = TOP_INPUT_FILTER;
}

static void sort_by_cpu(struct top *top)
{
    sort_by(top, TOP_GROUPS_CPU, TOP_NODES_CPU);
}

static void sort_by_memory(struct top *top)
{
    sort_by(top, TOP_GROUPS_MEMORY, TOP_NODES_MEMORY);
}

static void turn_forward(struct top *top)
{
    turn(top, 1);
}

static void turn_back(struct top *top)
{
    turn(top, TOP_VIEW_NODE - 1);
}

static void pause_or_resume(struct top *top)
{
    top->paused = !top->paused;
    top->hurry = !top->paused;
}

const struct top_binding top_bindings[] = {
    {{'\t', 't'}, "Tab t", "groups, nodes, problems in turn", turn_forward},
    {{TOP_KEY_BACK_TAB}, "Shift-Tab", "the same backwards", turn_back},
    {{TOP_KEY_ENTER}, "Enter", "open: the nodes of a group, the metrics of a node", open_selected},
    {{TOP_KEY_ESCAPE}, "Esc", "back; ends a filter first", go_back},
    {{0}, "arrows PgUp PgDn Home End", "select a line", NULL},
    {{TOP_KEY_F3, '/'}, "F3 /", "search: select the next line with a text", begin_search},
    {{'n'}, "n", "search the same text again", find_next},
    {{TOP_KEY_F4, '\\'}, "F4 \\", "filter: show only lines with a text", begin_filter},
    {{TOP_KEY_F6, '<', '>'}, "F6 < >", "choose the column to sort by", open_menu},
    {{'P'}, "P", "sort by cpu", sort_by_cpu},
    {{'M'}, "M", "sort by memory", sort_by_memory},
    {{'I'}, "I", "invert the order", invert},
    {{' ', 'Z'}, "Space Z", "pause: hold the values, or go on", pause_or_resume},
    {{TOP_KEY_F1, 'h', '?'}, "F1 h ?", "this help", show_help},
    {{TOP_KEY_F10, 'q'}, "F10 q", "quit", quit},
};

const unsigned top_binding_count = sizeof top_bindings / sizeof *top_bindings;

static void press_in_view(struct top *top, int key)
{
    if (press_in_table(top_current(top), key))
        return;
    for (unsigned i = 0; i < top_binding_count; i++)
        for (unsigned k = 0; k < TOP_BINDING_KEYS && top_bindings[i].keys[k] != 0; k++)
            if (top_bindings[i].keys[k] == key) {
                top_bindings[i].act(top);
                return;
            }
}

void top_keys_press(struct top *top, int key)
{
    switch (top->input) {
    case TOP_INPUT_NONE:
        press_in_view(top, key);
        break;
    case TOP_INPUT_SEARCH:
        press_in_search(top, key);
        break;
    case TOP_INPUT_FILTER:
        press_in_filter(top, key);
        break;
    case TOP_INPUT_SORT:
        press_in_menu(top, key);
        break;
    case TOP_INPUT_HELP:
        top->input = TOP_INPUT_NONE;
        break;
    }
}
