/* Pure. Prints for people: text that is wrapped at the width of the terminal, colours, times and ages. */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define VIEW_TIME_LEN 48U /* bytes of a time, its 0 included */
#define VIEW_AGE_LEN  24U

enum view_colour { VIEW_PLAIN, VIEW_BOLD, VIEW_RED, VIEW_YELLOW, VIEW_GREEN };

/* localtime_r(), or gmtime_r() in tests. */
typedef struct tm *view_to_local(const time_t *when, struct tm *local);

struct view {
    FILE *out;
    unsigned width;  /* columns; 0: lines may have any length */
    unsigned height; /* lines; 0: there may be any number */
    bool has_colours;
    int64_t now_ms; /* Unix time */
    view_to_local *to_local;
};

/* "2026-11-29 02:13:05 CET". */
void view_time(const struct view *view, int64_t unix_ms, char text[VIEW_TIME_LEN]);

/* In whole units, the largest that fits: "14 min". */
void view_age(int64_t ms, char text[VIEW_AGE_LEN]);

/* Of what follows; nothing without colours. */
void view_colour(const struct view *view, enum view_colour colour);

/* The columns that UTF-8 takes, each character being one wide. */
unsigned view_columns(const char *text);

/* Prints the text, wrapped between words, and ends its last line. The first line begins at the column `indent`, to
 * which the caller has printed; the others are indented to it. Returns the number of lines. */
unsigned view_wrap(const struct view *view, unsigned indent, const char *text);

/* How many lines that would be. */
unsigned view_wrapped_lines(const struct view *view, unsigned indent, const char *text);

#endif
