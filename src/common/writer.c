#include "common/writer.h"

#include "common/fields.h"
#include "common/rounding.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_MAX 24U /* a 64-bit number with a point in it */

void writer_put_bytes(struct writer *writer, const char *bytes, size_t len)
{
    if (writer->full || len > writer->size - writer->len) {
        writer->full = true;
        return;
    }
    memcpy(writer->text + writer->len, bytes, len);
    writer->len += len;
}

void writer_put(struct writer *writer, const char *text)
{
    writer_put_bytes(writer, text, strlen(text));
}

void writer_putf(struct writer *writer, const char *format, ...)
{
    size_t room = writer->size - writer->len;
    va_list arguments;

    if (writer->full)
        return;
    va_start(arguments, format);
    int len = vsnprintf(writer->text + writer->len, room, format, arguments);
    va_end(arguments);
    if (len < 0 || (size_t)len >= room)
        writer->full = true;
    else
        writer->len += (size_t)len;
}

/* Where a number may be written; NULL: the longest number might not fit. */
static char *room_for_number(struct writer *writer)
{
    if (writer->full || writer->size - writer->len < NUMBER_MAX) {
        writer->full = true;
        return NULL;
    }
    return writer->text + writer->len;
}

void writer_put_unsigned(struct writer *writer, uint64_t number)
{
    char *at = room_for_number(writer);

    if (at != NULL)
        writer->len = (size_t)(fields_put_unsigned(at, number) - writer->text);
}

void writer_put_signed(struct writer *writer, int64_t number)
{
    if (number < 0)
        writer_put(writer, "-");
    writer_put_unsigned(writer, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

/* number / 10^decimals. */
static char *put_decimals(char *at, uint64_t number, unsigned decimals)
{
    uint64_t unit = 1;

    for (unsigned i = 0; i < decimals; i++)
        unit *= 10;
    at = fields_put_unsigned(at, number / unit);
    *at++ = '.';
    for (number %= unit; unit > 1; number %= unit) {
        unit /= 10;
        *at++ = (char)('0' + number / unit);
    }
    return at;
}

void writer_put_number(struct writer *writer, double number, unsigned decimals)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    double scaled = rounding_nearest(fabs(number) * powers[decimals]);

    if (!isfinite(number)) {
        writer_put(writer, "null");
        return;
    }
    if (scaled >= 1e15) {
        writer_putf(writer, "%.17g", number);
        return;
    }
    if (number < 0 && scaled > 0)
        writer_put(writer, "-");
    char *at = room_for_number(writer);
    if (at == NULL)
        return;
    if (decimals == 0) {
        at = fields_put_unsigned(at, (uint64_t)scaled);
    } else {
        at = put_decimals(at, (uint64_t)scaled, decimals);
        while (at[-1] == '0')
            at--;
        if (at[-1] == '.')
            at--;
    }
    writer->len = (size_t)(at - writer->text);
}

void writer_put_string(struct writer *writer, const char *text)
{
    writer_put(writer, "\"");
    while (*text != '\0') {
        size_t plain = 0;
        while ((unsigned char)text[plain] >= ' ' && text[plain] != '"' && text[plain] != '\\')
            plain++;
        writer_put_bytes(writer, text, plain);
        text += plain;
        if (*text == '\0')
            break;
        if (*text == '"' || *text == '\\')
            writer_putf(writer, "\\%c", *text);
        else
            writer_putf(writer, "\\u%04x", (unsigned)(unsigned char)*text);
        text++;
    }
    writer_put(writer, "\"");
}

void writer_cut(struct writer *writer, size_t len)
{
    writer->len = len;
    writer->full = false;
}

void writer_print(struct writer *writer, const char *format, ...)
{
    size_t room = writer->size - writer->len;
    va_list arguments;

    if (writer->full || room == 0)
        return;
    va_start(arguments, format);
    int len = vsnprintf(writer->text + writer->len, room, format, arguments);
    va_end(arguments);
    writer->full = len < 0 || (size_t)len >= room;
    writer->len += writer->full ? room - 1 : (size_t)len;
}
