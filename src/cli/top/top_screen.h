/* Pure. The screen of headroom top: a grid of cells, each with one glyph and a style. No terminal is needed to fill it.
 *
 * Only printable ASCII and the glyphs below get into a cell, so that no text of the collector can command a terminal.
 * What is outside the screen is cut. */
#ifndef CLI_TOP_TOP_SCREEN_H
#define CLI_TOP_TOP_SCREEN_H

#include <stdint.h>

#define TOP_SCREEN_COLUMNS_MAX 512U
#define TOP_SCREEN_ROWS_MAX    256U

enum top_style {
    TOP_STYLE_PLAIN,
    TOP_STYLE_DIM,
    TOP_STYLE_STRONG,
    TOP_STYLE_GOOD,
    TOP_STYLE_WARNING,
    TOP_STYLE_CRITICAL,
    TOP_STYLE_HEADING,  /* the titles of columns */
    TOP_STYLE_SELECTED, /* the selected line */
    TOP_STYLE_KEY,      /* what a key does, in the last line */
    TOP_STYLES
};

/* Glyphs beyond ASCII: the bars of a sparkline, from the lowest to the full one. */
#define TOP_GLYPH_BAR 0x80U
#define TOP_BARS      8U

struct top_cell {
    uint8_t glyph;
    uint8_t style; /* enum top_style */
};

struct top_screen {
    unsigned columns;
    unsigned rows;
    struct top_cell cells[TOP_SCREEN_ROWS_MAX][TOP_SCREEN_COLUMNS_MAX];
};

/* Makes all cells spaces. A larger screen than the maxima is cut. */
void top_screen_clear(struct top_screen *screen, unsigned columns, unsigned rows);

void top_screen_glyph(struct top_screen *screen, unsigned row, unsigned column, enum top_style style, uint8_t glyph);

/* Writes the text, or at most width bytes of it. Returns the column after it, which may be outside the screen. */
unsigned top_screen_put(struct top_screen *screen, unsigned row, unsigned column, enum top_style style,
                        const char *text);
unsigned top_screen_put_cut(struct top_screen *screen, unsigned row, unsigned column, enum top_style style,
                            const char *text, unsigned width);

/* As printf(); the text is cut at the width of a screen. */
unsigned top_screen_putf(struct top_screen *screen, unsigned row, unsigned column, enum top_style style,
                         const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Writes the text into at most rows_max rows, broken at spaces where that is possible. Returns the rows it took. */
unsigned top_screen_put_wrapped(struct top_screen *screen, unsigned row, unsigned rows_max, enum top_style style,
                                const char *text);

/* Gives a whole row the style. */
void top_screen_style(struct top_screen *screen, unsigned row, enum top_style style);

#endif
