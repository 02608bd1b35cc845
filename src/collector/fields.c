#include "collector/fields.h"

#include "common/parse.h"

#include <stddef.h>
#include <string.h>

#define HEX_DIGITS 16U

char *fields_put_text(char *at, const char *text)
{
    return stpcpy(at, text);
}

char *fields_put_unsigned(char *at, uint64_t number)
{
    char digits[20];
    unsigned count = 0;

    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0)
        *at++ = digits[--count];
    return at;
}

char *fields_put_fixed(char *at, uint64_t number, unsigned places)
{
    uint64_t scale = 1;

    for (unsigned i = 0; i < places; i++)
        scale *= 10;
    at = fields_put_unsigned(at, number / scale);
    *at++ = '.';
    for (uint64_t rest = number % scale; scale > 1;) {
        scale /= 10;
        *at++ = (char)('0' + rest / scale);
        rest %= scale;
    }
    return at;
}

char *fields_put_hex(char *at, uint64_t number)
{
    for (unsigned i = HEX_DIGITS; i-- > 0;)
        *at++ = "0123456789abcdef"[number >> (4 * i) & 15U];
    return at;
}

static char instance_letter(uint64_t instance)
{
    return instance >> 32 == FIELDS_HTTP_INSTANCE ? 'h' : 'i';
}

char *fields_put_instance(char *at, uint64_t instance)
{
    *at++ = instance_letter(instance);
    return fields_put_hex(at, instance);
}

bool fields_at_end(const struct cursor *cursor)
{
    return cursor->at == cursor->end || *cursor->at == ',';
}

bool fields_get_char(struct cursor *cursor, char wanted)
{
    if (cursor->at == cursor->end || *cursor->at != wanted)
        return false;
    cursor->at++;
    return true;
}

bool fields_get_text(struct cursor *cursor, const char *wanted)
{
    size_t len = strlen(wanted);

    if ((size_t)(cursor->end - cursor->at) < len || memcmp(cursor->at, wanted, len) != 0)
        return false;
    cursor->at += len;
    return true;
}

bool fields_get_name(struct cursor *cursor, char *name)
{
    const char *start = cursor->at;

    while (!fields_at_end(cursor))
        cursor->at++;
    size_t len = (size_t)(cursor->at - start);
    if (!parse_name_ok(start, len))
        return false;
    memcpy(name, start, len);
    name[len] = '\0';
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool add_digit(uint64_t *number, char c)
{
    if (!is_digit(c) || *number > (UINT64_MAX - (uint64_t)(c - '0')) / 10)
        return false;
    *number = *number * 10 + (uint64_t)(c - '0');
    return true;
}

bool fields_get_unsigned(struct cursor *cursor, uint64_t *number)
{
    const char *start = cursor->at;

    *number = 0;
    for (; cursor->at < cursor->end && is_digit(*cursor->at); cursor->at++)
        if (!add_digit(number, *cursor->at))
            return false;
    /* One way to write a number: without zeros before it. */
    return cursor->at > start && (*start != '0' || cursor->at == start + 1);
}

bool fields_get_fixed(struct cursor *cursor, unsigned places, uint64_t *number)
{
    if (!fields_get_unsigned(cursor, number) || !fields_get_char(cursor, '.'))
        return false;
    for (unsigned i = 0; i < places; i++)
        if (cursor->at == cursor->end || !add_digit(number, *cursor->at++))
            return false;
    return true;
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool fields_get_hex(struct cursor *cursor, uint64_t *number)
{
    *number = 0;
    for (unsigned i = 0; i < HEX_DIGITS; i++) {
        int digit = cursor->at < cursor->end ? hex_value(*cursor->at) : -1;
        if (digit < 0)
            return false;
        *number = *number << 4 | (uint64_t)digit;
        cursor->at++;
    }
    return true;
}

bool fields_get_instance(struct cursor *cursor, uint64_t *instance)
{
    if (cursor->at == cursor->end)
        return false;
    char letter = *cursor->at++;
    return fields_get_hex(cursor, instance) && *instance != 0 && letter == instance_letter(*instance);
}
