/* The rows of a screen of headroom top as text: bars are digits, 1 to 8; spaces at the end are left out. */
#ifndef SUPPORT_SCREEN_TEXT_H
#define SUPPORT_SCREEN_TEXT_H

#include "cli/top/top_screen.h"

#include <check.h>
#include <stdbool.h>
#include <string.h>

static inline const char *screen_text_row(const struct top_screen *screen, unsigned row)
{
    static char text[TOP_SCREEN_COLUMNS_MAX + 1];
    unsigned end = 0;

    ck_assert_uint_lt(row, screen->rows);
    for (unsigned column = 0; column < screen->columns; column++) {
        unsigned glyph = screen->cells[row][column].glyph;
        ck_assert_uint_lt(glyph, TOP_GLYPH_BAR + TOP_BARS);
        text[column] = (char)(glyph < TOP_GLYPH_BAR ? glyph : '1' + glyph - TOP_GLYPH_BAR);
        if (text[column] != ' ')
            end = column + 1;
    }
    text[end] = '\0';
    return text;
}

/* The first row that contains the text; the number of rows if there is none. */
static inline unsigned screen_text_find(const struct top_screen *screen, const char *text)
{
    unsigned row = 0;

    while (row < screen->rows && strstr(screen_text_row(screen, row), text) == NULL)
        row++;
    return row;
}

static inline bool screen_text_has(const struct top_screen *screen, const char *text)
{
    return screen_text_find(screen, text) < screen->rows;
}

#endif
