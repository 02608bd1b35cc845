/* What cursor_parse() takes is exactly what cursor_format() writes; what it does not take leaves the place untouched.
 * A decision's row and header are read within their bounds. */
#include "bridge/forward/cursor.h"
#include "bridge/forward/decision_line.h"
#include "fuzz/fuzz.h"

#include <math.h>
#include <string.h>

static void check_cursor(const char *text, size_t len)
{
    const struct forward_place before = {.rows = {.inode = 1}, .time_ms = 2};
    struct forward_place place = before;
    char again[CURSOR_LEN + 1];

    if (cursor_parse(text, len, &place) < 0) {
        MUST(memcmp(&place, &before, sizeof place) == 0);
        return;
    }
    cursor_format(&place, again);
    MUST(len == CURSOR_LEN && memcmp(again, text, len) == 0);
}

static void check_row(const char *line, size_t len, const struct decision_columns *columns)
{
    struct decision_point point;

    if (decision_line_parse(line, len, columns, &point) <= 0)
        return;
    MUST(point.time_ms >= 0 && point.group[0] != '\0' && strlen(point.group) <= NAME_LEN_MAX);
    for (unsigned i = 0; i < DECISION_SERIES_COUNT; i++)
        MUST((point.present >> i & 1U) == 0 || isfinite(point.value[i]));
}

/* A header and a row. */
static void check_decisions(const char *text, size_t len)
{
    const char *newline = memchr(text, '\n', len);
    size_t header_len = newline != NULL ? (size_t)(newline - text) : len;
    struct decision_columns columns = {0};

    if (decision_line_columns(text, header_len, &columns) < 0)
        return;
    MUST(columns.count <= DECISION_COLUMNS_MAX);
    if (newline != NULL)
        check_row(newline + 1, len - header_len - 1, &columns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1); /* as in a buffer of lines, a readable byte follows */

    MUST(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\n';
    check_cursor(text, size);
    check_decisions(text, size);
    free(text);
    return 0;
}
