#include "scaler/state_text.h"

#include "common/limits.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_FIRST 4096U
#define LARGEST    1e300 /* of a double, see state_get_doubles() */

static const char hex[] = "0123456789abcdef";

/* ---- writing ---- */

static int make_room(struct state_text *out, size_t len)
{
    size_t size = out->size < SIZE_FIRST ? SIZE_FIRST : out->size;

    if (out->size - out->len >= len)
        return 0;
    while (size - out->len < len)
        size *= 2;
    if (size > STATE_LEN_MAX)
        size = STATE_LEN_MAX;
    if (size - out->len < len)
        return -EFBIG;
    char *larger = realloc(out->text, size);
    if (larger == NULL)
        return -ENOMEM;
    out->text = larger;
    out->size = size;
    return 0;
}

void state_put(struct state_text *out, const char *format, ...)
{
    va_list args;

    if (out->rc == 0)
        out->rc = make_room(out, STATE_LINE_MAX);
    if (out->rc < 0)
        return;
    va_start(args, format);
    out->len += (size_t)vsnprintf(out->text + out->len, out->size - out->len, format, args);
    va_end(args);
}

/* Writes eight digits at once, one in each byte: a text may have tens of megabytes. */
static void put_hex(char *at, uint32_t value)
{
    uint64_t digits = value;

    digits = (digits << 16 | digits) & UINT64_C(0x0000ffff0000ffff);
    digits = (digits << 8 | digits) & UINT64_C(0x00ff00ff00ff00ff);
    digits = (digits << 4 | digits) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    uint64_t letters = (digits + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
    digits = htobe64(digits + UINT64_C(0x3030303030303030) + letters * ('a' - '0' - 10));
    memcpy(at, &digits, sizeof digits);
}

static char *put_value(char *at, const char *value, size_t size)
{
    uint32_t narrow = 0;
    uint64_t wide = 0;

    if (size == sizeof narrow) {
        memcpy(&narrow, value, sizeof narrow);
        put_hex(at, narrow);
        return at + 8;
    }
    memcpy(&wide, value, sizeof wide);
    put_hex(at, (uint32_t)(wide >> 32));
    put_hex(at + 8, (uint32_t)wide);
    return at + 16;
}

void state_put_array(struct state_text *out, const char *name, const void *values, unsigned count, size_t size)
{
    state_put(out, "%s %u ", name, count);
    if (out->rc == 0)
        out->rc = make_room(out, 2 * size * count + 1);
    if (out->rc < 0)
        return;
    char *at = out->text + out->len;
    for (unsigned i = 0; i < count; i++)
        at = put_value(at, (const char *)values + i * size, size);
    *at++ = '\n';
    out->len = (size_t)(at - out->text);
}

/* ---- reading ---- */

bool state_get_line(struct state_cursor *cursor, struct state_line *line)
{
    const char *newline = memchr(cursor->at, '\n', (size_t)(cursor->end - cursor->at));

    if (newline == NULL || newline - cursor->at >= (ptrdiff_t)sizeof line->text)
        return false;
    size_t len = (size_t)(newline - cursor->at);
    if (memchr(cursor->at, '\0', len) != NULL)
        return false;
    memcpy(line->text, cursor->at, len);
    line->text[len] = '\0';
    cursor->at = newline + 1;

    char *rest = line->text;
    for (line->count = 0; rest != NULL; line->count++) {
        if (line->count == STATE_WORDS_MAX)
            return false;
        line->words[line->count] = strsep(&rest, " ");
    }
    return true;
}

bool state_comes(const struct state_cursor *cursor, const char *characters)
{
    size_t len = strlen(characters);

    return (size_t)(cursor->end - cursor->at) > len && memcmp(cursor->at, characters, len) == 0;
}

bool state_get_words(struct state_cursor *cursor, struct state_line *line, const char *first, unsigned count)
{
    return state_get_line(cursor, line) && line->count == count && strcmp(line->words[0], first) == 0;
}

/* A number has one spelling: it is formatted again and compared. */
bool state_get_number(const char *word, int64_t min, int64_t max, int64_t *number)
{
    char again[STATE_LINE_MAX];

    *number = strtoll(word, NULL, 10);
    snprintf(again, sizeof again, "%" PRId64, *number);
    return strcmp(word, again) == 0 && *number >= min && *number <= max;
}

bool state_get_unsigned(const char *word, unsigned max, unsigned *number)
{
    int64_t wide = 0;

    if (!state_get_number(word, 0, max, &wide))
        return false;
    *number = (unsigned)wide;
    return true;
}

bool state_get_name(const char *word, const char *const *names, unsigned count, unsigned *index)
{
    for (*index = 0; *index < count; ++*index)
        if (strcmp(word, names[*index]) == 0)
            return true;
    return false;
}

static bool get_value(const char **at, size_t size, void *value)
{
    uint64_t number = 0;

    for (size_t i = 0; i < 2 * size; i++) {
        const char *digit = **at != '\0' ? strchr(hex, **at) : NULL;
        if (digit == NULL)
            return false;
        number = number << 4 | (uint64_t)(digit - hex);
        ++*at;
    }
    uint32_t narrow = (uint32_t)number;
    memcpy(value, size == sizeof number ? (const void *)&number : (const void *)&narrow, size);
    return true;
}

/* "name 12 ": the head of an array. */
static bool get_head(struct state_cursor *cursor, const char *name, unsigned max, unsigned *count)
{
    char number[16];
    size_t len = strlen(name);
    size_t left = (size_t)(cursor->end - cursor->at);

    if (left <= len || memcmp(cursor->at, name, len) != 0 || cursor->at[len] != ' ')
        return false;
    const char *from = cursor->at + len + 1;
    const char *blank = memchr(from, ' ', (size_t)(cursor->end - from));
    if (blank == NULL || blank - from >= (ptrdiff_t)sizeof number)
        return false;
    memcpy(number, from, (size_t)(blank - from));
    number[blank - from] = '\0';
    cursor->at = blank + 1;
    return state_get_unsigned(number, max, count);
}

bool state_get_array(struct state_cursor *cursor, const char *name, void *values, unsigned max, size_t size,
                     unsigned *count)
{
    if (!get_head(cursor, name, max, count) || (size_t)(cursor->end - cursor->at) < 2 * size * *count + 1)
        return false;
    for (unsigned i = 0; i < *count; i++)
        if (!get_value(&cursor->at, size, (char *)values + i * size))
            return false;
    return *cursor->at++ == '\n';
}

bool state_get_exactly(struct state_cursor *cursor, const char *name, void *values, unsigned count, size_t size)
{
    unsigned got = 0;

    return state_get_array(cursor, name, values, count, size, &got) && got == count;
}

bool state_get_doubles(struct state_cursor *cursor, const char *name, double *values, unsigned count)
{
    if (!state_get_exactly(cursor, name, values, count, sizeof *values))
        return false;
    for (unsigned i = 0; i < count; i++)
        if (!(fabs(values[i]) < LARGEST))
            return false;
    return true;
}

bool state_floats_ok(const float *values, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

bool state_get_times(struct state_cursor *cursor, const char *name, int64_t latest_ms, int64_t *times, unsigned max,
                     unsigned *count)
{
    if (!state_get_array(cursor, name, times, max, sizeof *times, count))
        return false;
    for (unsigned i = 0; i < *count; i++)
        if (times[i] < (i > 0 ? times[i - 1] : -STATE_MS_MAX) || times[i] > latest_ms)
            return false;
    return true;
}

void state_put_dated(struct state_text *out, const char *name, const int64_t *times, const unsigned *nodes,
                     unsigned count)
{
    state_put_array(out, name, times, count, sizeof *times);
    state_put_array(out, "nodes", nodes, count, sizeof *nodes);
}

bool state_get_dated(struct state_cursor *cursor, const char *name, int64_t latest_ms, int64_t *times, unsigned *nodes,
                     unsigned max, unsigned *count)
{
    if (!state_get_times(cursor, name, latest_ms, times, max, count) ||
        !state_get_exactly(cursor, "nodes", nodes, *count, sizeof *nodes))
        return false;
    for (unsigned i = 0; i < *count; i++)
        if (nodes[i] > SIZING_NODES_MAX)
            return false;
    return true;
}
