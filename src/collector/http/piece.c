#include "collector/http/piece.h"

#include "collector/store/fields.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_MAX 24U /* a 64-bit number with a point in it */

void piece_put_bytes(struct piece *piece, const char *bytes, size_t len)
{
    if (piece->full || len > piece->size - piece->len) {
        piece->full = true;
        return;
    }
    memcpy(piece->text + piece->len, bytes, len);
    piece->len += len;
}

void piece_put(struct piece *piece, const char *text)
{
    piece_put_bytes(piece, text, strlen(text));
}

void piece_putf(struct piece *piece, const char *format, ...)
{
    size_t room = piece->size - piece->len;
    va_list arguments;

    if (piece->full)
        return;
    va_start(arguments, format);
    int len = vsnprintf(piece->text + piece->len, room, format, arguments);
    va_end(arguments);
    if (len < 0 || (size_t)len >= room)
        piece->full = true;
    else
        piece->len += (size_t)len;
}

/* Where a number may be written; NULL: there is no room for all numbers. */
static char *room_for_number(struct piece *piece)
{
    if (piece->full || piece->size - piece->len < NUMBER_MAX) {
        piece->full = true;
        return NULL;
    }
    return piece->text + piece->len;
}

void piece_put_unsigned(struct piece *piece, uint64_t number)
{
    char *at = room_for_number(piece);

    if (at != NULL)
        piece->len = (size_t)(fields_put_unsigned(at, number) - piece->text);
}

void piece_put_signed(struct piece *piece, int64_t number)
{
    if (number < 0)
        piece_put(piece, "-");
    piece_put_unsigned(piece, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
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

void piece_put_number(struct piece *piece, double number, unsigned decimals)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    double scaled = round(fabs(number) * powers[decimals]);

    if (!isfinite(number)) {
        piece_put(piece, "null");
        return;
    }
    if (scaled >= 1e15) {
        piece_putf(piece, "%.17g", number);
        return;
    }
    if (number < 0 && scaled > 0)
        piece_put(piece, "-");
    char *at = room_for_number(piece);
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
    piece->len = (size_t)(at - piece->text);
}

void piece_put_string(struct piece *piece, const char *text)
{
    piece_put(piece, "\"");
    while (*text != '\0') {
        size_t plain = 0;
        while ((unsigned char)text[plain] >= ' ' && text[plain] != '"' && text[plain] != '\\')
            plain++;
        piece_put_bytes(piece, text, plain);
        text += plain;
        if (*text == '\0')
            break;
        if (*text == '"' || *text == '\\')
            piece_putf(piece, "\\%c", *text);
        else
            piece_putf(piece, "\\u%04x", (unsigned)(unsigned char)*text);
        text++;
    }
    piece_put(piece, "\"");
}

void piece_cut(struct piece *piece, size_t len)
{
    piece->len = len;
    piece->full = false;
}
