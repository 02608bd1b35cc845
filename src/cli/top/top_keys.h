/* Pure. What the keys of headroom top do. */
#ifndef CLI_TOP_TOP_KEYS_H
#define CLI_TOP_TOP_KEYS_H

#include "cli/top/top.h"

/* Keys that are no characters. */
enum top_key {
    TOP_KEY_UP = 0x100,
    TOP_KEY_DOWN,
    TOP_KEY_PAGE_UP,
    TOP_KEY_PAGE_DOWN,
    TOP_KEY_HOME,
    TOP_KEY_END,
    TOP_KEY_BACKSPACE,
    TOP_KEY_BACK_TAB,
    TOP_KEY_F1,
    TOP_KEY_F3 = TOP_KEY_F1 + 2,
    TOP_KEY_F4,
    TOP_KEY_F6 = TOP_KEY_F1 + 5,
    TOP_KEY_F10 = TOP_KEY_F1 + 9
};

#define TOP_KEY_ENTER  '\n'
#define TOP_KEY_ESCAPE 0x1b

#define TOP_BINDING_KEYS 4U

struct top_binding {
    int keys[TOP_BINDING_KEYS]; /* 0 at the end */
    const char *names;          /* for the help, as what it does */
    const char *what;
    void (*act)(struct top *top);
};

extern const struct top_binding top_bindings[];
extern const unsigned top_binding_count;

/* key: a byte of a character, or one of these. */
void top_keys_press(struct top *top, int key);

/* The columns by which a table can be sorted, for the menu: the index of the column at a place of it, or -1. */
int top_keys_menu_column(const struct top_table_kind *kind, unsigned place);

#endif
