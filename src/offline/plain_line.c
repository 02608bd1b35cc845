#include "offline/plain_line.h"

#include <errno.h>
#include <string.h>

size_t plain_line_mark(const char *text, size_t len)
{
    static const char mark[] = "\xEF\xBB\xBF";

    return len >= sizeof mark - 1 && memcmp(text, mark, sizeof mark - 1) == 0 ? sizeof mark - 1 : 0;
}

char plain_line_separator(const char *header, size_t len)
{
    bool quoted = false;

    for (size_t i = 0; i < len; i++) {
        quoted ^= header[i] == '"';
        if (!quoted && (header[i] == ',' || header[i] == ';' || header[i] == '\t'))
            return header[i];
    }
    return ',';
}

bool plain_line_is(char separator, const char *line, size_t len)
{
    return separator == ',' && memchr(line, '"', len) == NULL;
}

/* Copies a quoted field, from behind its opening quote. Returns the place behind the closing one; NULL: there is none.
 */
static const char *take_quoted(const char *at, const char *end, char **to)
{
    for (; at < end; at++) {
        if (*at == '"' && (at + 1 == end || at[1] != '"'))
            return at + 1;
        at += *at == '"'; /* a doubled quote is one */
        *(*to)++ = *at;
    }
    return NULL;
}

static const char *take_unquoted(const char *at, const char *end, char separator, char **to)
{
    while (at < end && *at != separator)
        *(*to)++ = *at++;
    return at;
}

/* The comma of a number such as -12,5; NULL: the text is none. */
static char *decimal_comma(char *text, const char *end)
{
    char *comma = memchr(text, ',', (size_t)(end - text));
    const char *digit = text + (text < end && *text == '-');

    if (comma == NULL || comma == digit || comma + 1 == end)
        return NULL;
    for (; digit < end; digit++)
        if (digit != comma && (*digit < '0' || *digit > '9'))
            return NULL;
    return comma;
}

/* Puts the text into quotes, and doubles those that it contains. Returns its new end. */
static char *quote(char *text, char *end)
{
    size_t quotes = 0;

    for (const char *at = text; at < end; at++)
        quotes += *at == '"';
    char *to = end + quotes + 2, *quoted_end = to;
    *--to = '"';
    while (end > text) {
        *--to = *--end;
        if (*end == '"')
            *--to = '"';
    }
    *--to = '"';
    return quoted_end;
}

/* Gives a field that was copied to text the plain form. Returns its new end. */
static char *finish_field(char *text, char *end, char separator)
{
    char *comma = separator != ',' ? decimal_comma(text, end) : NULL;

    if (comma != NULL)
        *comma = '.';
    else if (memchr(text, ',', (size_t)(end - text)) != NULL || memchr(text, '"', (size_t)(end - text)) != NULL)
        return quote(text, end);
    return end;
}

ssize_t plain_line(char separator, const char *line, size_t len, char *text)
{
    const char *at = line, *end = line + len;
    char *to = text;

    for (;;) {
        char *field = to;
        at = at < end && *at == '"' ? take_quoted(at + 1, end, &to) : take_unquoted(at, end, separator, &to);
        if (at == NULL || (at < end && *at != separator))
            return -EINVAL;
        to = finish_field(field, to, separator);
        if (at == end)
            break;
        at++;
        *to++ = ',';
    }
    *to = '\0';
    return to - text;
}
