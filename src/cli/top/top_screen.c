#include "cli/top/top_screen.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned at_most(unsigned value, unsigned limit)
{
    return value < limit ? value : limit;
}

void top_screen_clear(struct top_screen *screen, unsigned columns, unsigned rows)
{
    screen->columns = at_most(columns, TOP_SCREEN_COLUMNS_MAX);
    screen->rows = at_most(rows, TOP_SCREEN_ROWS_MAX);
    for (unsigned row = 0; row < screen->rows; row++)
        for (unsigned column = 0; column < screen->columns; column++)
            screen->cells[row][column] = (struct top_cell){.glyph = ' ', .style = TOP_STYLE_PLAIN};
}

void top_screen_glyph(struct top_screen *screen, unsigned row, unsigned column, enum top_style style, uint8_t glyph)
{
    if (row < screen->rows && column < screen->columns)
        screen->cells[row][column] = (struct top_cell){.glyph = glyph, .style = (uint8_t)style};
}

unsigned top_screen_put_cut(struct top_screen *screen, unsigned row, unsigned column, enum top_style style,
                            const char *text, unsigned width)
{
    unsigned i = 0;

    for (; i < width && text[i] != '\0'; i++) {
        bool printable = text[i] >= ' ' && text[i] <= '~';
        top_screen_glyph(screen, row, column + i, style, printable ? (uint8_t)text[i] : '?');
    }
    return column + i;
}

unsigned top_screen_put(struct top_screen *screen, unsigned row, unsigned column, enum top_style style,
                        const char *text)
{
    return top_screen_put_cut(screen, row, column, style, text, TOP_SCREEN_COLUMNS_MAX);
}

unsigned top_screen_putf(struct top_screen *screen, unsigned row, unsigned column, enum top_style style,
                         const char *format, ...)
{
    char text[TOP_SCREEN_COLUMNS_MAX + 1];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return top_screen_put(screen, row, column, style, text);
}

/* The bytes of the text that go into a row of the width, which ends before a space if it has one. */
static unsigned row_length(const char *text, unsigned width)
{
    size_t len = strlen(text);
    unsigned cut = width;

    if (len <= width)
        return (unsigned)len;
    while (cut > 0 && text[cut] != ' ')
        cut--;
    return cut > 0 ? cut : width;
}

unsigned top_screen_put_wrapped(struct top_screen *screen, unsigned row, unsigned rows_max, enum top_style style,
                                const char *text)
{
    unsigned used = 0;

    while (*text != '\0' && used < rows_max && screen->columns > 0) {
        unsigned len = used + 1 < rows_max ? row_length(text, screen->columns) : screen->columns;
        (void)top_screen_put_cut(screen, row + used++, 0, style, text, len);
        text += strnlen(text, len);
        while (*text == ' ')
            text++;
    }
    return used;
}

void top_screen_style(struct top_screen *screen, unsigned row, enum top_style style)
{
    for (unsigned column = 0; row < screen->rows && column < screen->columns; column++)
        screen->cells[row][column].style = (uint8_t)style;
}
