#include "common/fields.h"

#include "common/parse.h"

#include <stddef.h>
#include <string.h>

#define HEX_DIGITS 16U

/* 00 01 ... 99 */
static const char pairs[] = "00010203040506070809"
                            "10111213141516171819"
                            "20212223242526272829"
                            "30313233343536373839"
                            "40414243444546474849"
                            "50515253545556575859"
                            "60616263646566676869"
                            "70717273747576777879"
                            "80818283848586878889"
                            "90919293949596979899";

char *fields_put_text(char *at, const char *text)
{
    return stpcpy(at, text);
}

static inline char *put_pair(char *at, unsigned number)
{
    memcpy(at, &pairs[(size_t)2 * number], 2);
    return at + 2;
}

/* Estimates the count from the number of bits, since log10(2) is about 1233 / 4096, and corrects it. */
static inline unsigned count_digits(uint64_t number)
{
    static const uint64_t powers[] = {
        0,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
        100000000000000000,
        1000000000000000000,
        10000000000000000000U,
    };
    unsigned tens = (64U - (unsigned)__builtin_clzll(number | 1)) * 1233U >> 12;

    return tens + (number >= powers[tens]);
}

/* Two digits at a time, from the last. All divisors are constants, so the compiler emits no division. */
static inline char *put_unsigned(char *at, uint64_t number)
{
    char *end = at + count_digits(number);

    at = end;
    while (number >= 100) {
        at -= 2;
        put_pair(at, (unsigned)(number % 100));
        number /= 100;
    }
    if (number >= 10)
        put_pair(at - 2, (unsigned)number);
    else
        at[-1] = (char)('0' + number);
    return end;
}

char *fields_put_unsigned(char *at, uint64_t number)
{
    return put_unsigned(at, number);
}

char *fields_put_hundredths(char *at, uint64_t number)
{
    if (number < 1000) /* most percentages */
        *at++ = (char)('0' + number / 100);
    else if (number < 10000)
        at = put_pair(at, (unsigned)number / 100);
    else
        at = put_unsigned(at, number / 100);
    *at++ = '.';
    return put_pair(at, (unsigned)(number % 100));
}

char *fields_put_thousandths(char *at, uint64_t number)
{
    unsigned rest = (unsigned)(number % 1000);

    at = put_unsigned(at, number / 1000);
    *at++ = '.';
    *at++ = (char)('0' + rest / 100);
    return put_pair(at, rest % 100);
}

char *fields_put_hex(char *at, uint64_t number)
{
    for (unsigned i = 0; i < HEX_DIGITS; i++)
        at[i] = "0123456789abcdef"[number >> (60 - 4 * i) & 15U];
    return at + HEX_DIGITS;
}

bool fields_instance_is_http(uint64_t instance)
{
    return instance >> 32 == FIELDS_HTTP_INSTANCE;
}

static char instance_letter(uint64_t instance)
{
    return fields_instance_is_http(instance) ? 'h' : 'i';
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
    /* A number has one spelling: no leading zeros. */
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
