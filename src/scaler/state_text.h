/* Pure. Converts the words and arrays of the saved state to text and back.
 *
 * The words of a line are separated by one blank. An array is one line: its name, how many values there are, and their
 * bytes as hex digits, 8 for each value of 4 bytes and 16 for each of 8, so that a double is exact. Every value has one
 * spelling, so any change is detected. */
#ifndef SCALER_STATE_TEXT_H
#define SCALER_STATE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATE_LINE_MAX  384U /* a line of words; the longest has the names of a node and a group */
#define STATE_WORDS_MAX 12U
#define STATE_MS_MAX    INT64_C(1000000000000000) /* a time on any clock; sums of a few do not overflow */

/* ---- writing ---- */

/* A buffer that grows up to STATE_LEN_MAX and is reused by the next text. All zeros at first; the owner frees text. */
struct state_text {
    char *text;
    size_t len;
    size_t size;
    unsigned groups;
    int rc; /* 0, -ENOMEM or -EFBIG; after an error nothing more is written */
};

/* Appends a line of words, with the line end in the format, or a part of a line. */
__attribute__((format(printf, 2, 3))) void state_put(struct state_text *out, const char *format, ...);

/* Appends an array of count values of 4 or 8 bytes each. */
void state_put_array(struct state_text *out, const char *name, const void *values, unsigned count, size_t size);

/* ---- reading ---- */

struct state_cursor {
    const char *at;
    const char *end;
};

/* A line, split into words. */
struct state_line {
    char text[STATE_LINE_MAX];
    char *words[STATE_WORDS_MAX];
    unsigned count;
};

bool state_get_line(struct state_cursor *cursor, struct state_line *line);

/* Whether the text goes on with these characters, which it does not end with. */
bool state_comes(const struct state_cursor *cursor, const char *characters);

/* Whether the next line has `count` words and begins with this one. */
bool state_get_words(struct state_cursor *cursor, struct state_line *line, const char *first, unsigned count);

/* Decimal numbers within the bounds. */
bool state_get_number(const char *word, int64_t min, int64_t max, int64_t *number);
bool state_get_unsigned(const char *word, unsigned max, unsigned *number);

/* The index of the word among the names. */
bool state_get_name(const char *word, const char *const *names, unsigned count, unsigned *index);

/* Numbers of nodes, each with its time: an array of that name with the times, and one called nodes. */
void state_put_dated(struct state_text *out, const char *name, const int64_t *times, const unsigned *nodes,
                     unsigned count);

/* Reads an array of that name of at most max values into values and *count. */
bool state_get_array(struct state_cursor *cursor, const char *name, void *values, unsigned max, size_t size,
                     unsigned *count);

/* An array of that name of exactly count values. */
bool state_get_exactly(struct state_cursor *cursor, const char *name, void *values, unsigned count, size_t size);

/* The same of doubles, all of them finite and so far from the largest that sums of many stay finite. */
bool state_get_doubles(struct state_cursor *cursor, const char *name, double *values, unsigned count);

/* Whether all of them are finite. */
bool state_floats_ok(const float *values, unsigned count);

/* An array of times in ms, in order, none after latest_ms. */
bool state_get_times(struct state_cursor *cursor, const char *name, int64_t latest_ms, int64_t *times, unsigned max,
                     unsigned *count);

/* What state_put_dated() wrote: times as state_get_times() takes them, and at most SIZING_NODES_MAX nodes each. */
bool state_get_dated(struct state_cursor *cursor, const char *name, int64_t latest_ms, int64_t *times, unsigned *nodes,
                     unsigned max, unsigned *count);

#endif
