#include "collector/archive/archive_row.h"

#include "common/fields.h"
#include "common/limits.h"
#include "common/parse.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define NUMBER_LEN_MAX 40U

/* Where a field with quotes ends, which begins behind the first one: at the last quote. NULL: there is none. */
static const char *closing_quote(const char *at, const char *end)
{
    while ((at = memchr(at, '"', (size_t)(end - at))) != NULL) {
        if (at + 1 == end || at[1] != '"')
            return at;
        at += 2;
    }
    return NULL;
}

int archive_row_split(struct archive_row *row, const char *line, size_t len)
{
    const char *at = line;
    const char *end = line + len;

    row->count = 0;
    for (;; at++) {
        if (row->count == ARCHIVE_FIELDS_MAX)
            return -EBADMSG;
        struct archive_field *field = &row->fields[row->count++];
        field->quoted = at < end && *at == '"';
        field->text = at + field->quoted;
        const char *close = field->quoted ? closing_quote(field->text, end) : memchr(at, ',', (size_t)(end - at));
        if (field->quoted && close == NULL)
            return -EBADMSG;
        field->len = (size_t)((close != NULL ? close : end) - field->text);
        at = field->text + field->len + field->quoted;
        if (at == end)
            return 0;
        if (*at != ',')
            return -EBADMSG;
    }
}

static bool is_word(const struct archive_field *field, const char *word)
{
    return strlen(word) == field->len && memcmp(field->text, word, field->len) == 0;
}

int archive_row_column(const struct archive_row *header, enum decision_field_id field)
{
    for (unsigned i = 0; i < header->count; i++)
        if (is_word(&header->fields[i], decision_fields[field].csv))
            return (int)i;
    return -1;
}

bool archive_row_is_of(const char *line, size_t len, const char *group, int64_t *time_ms)
{
    struct cursor cursor = {line, line + len};
    char name[NAME_LEN_MAX + 1];
    uint64_t time = 0;

    if (!fields_get_fixed(&cursor, 3, &time) || time > INT64_MAX || !fields_get_char(&cursor, ',') ||
        !fields_get_name(&cursor, name))
        return false;
    *time_ms = (int64_t)time;
    return group[0] == '\0' || strcmp(group, name) == 0;
}

static const struct archive_field *field_of(const struct archive_row *row, int column)
{
    return column >= 0 && (unsigned)column < row->count ? &row->fields[column] : NULL;
}

double archive_row_number(const struct archive_row *row, int column)
{
    const struct archive_field *field = field_of(row, column);
    char text[NUMBER_LEN_MAX + 1];
    double number = NAN;

    if (field == NULL || field->quoted || field->len == 0 || field->len > NUMBER_LEN_MAX)
        return NAN;
    memcpy(text, field->text, field->len);
    text[field->len] = '\0';
    return parse_number(text, field->len, &number) == 0 ? number : NAN;
}

bool archive_row_has_word(const struct archive_row *row, int column, const char *word)
{
    const struct archive_field *field = field_of(row, column);

    return field != NULL && is_word(field, word);
}

void archive_row_text(const struct archive_row *row, int column, char *text, size_t size)
{
    const struct archive_field *field = field_of(row, column);
    size_t len = 0;

    for (size_t i = 0; field != NULL && i < field->len && len + 1 < size; i++) {
        text[len++] = field->text[i];
        i += field->quoted && field->text[i] == '"';
    }
    text[len] = '\0';
    if (!parse_utf8_ok((const uint8_t *)text, len) || !parse_printable_ok(text))
        parse_to_ascii(text);
}
