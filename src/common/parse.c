#include "common/parse.h"

#include "common/limits.h"
#include "common/units.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers and units ---- */

/* <ctype.h> depends on the locale and is undefined for negative characters. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Reads the digits at *text, at least one, and moves *text behind them. */
static int read_number(const char **text, uint64_t *number)
{
    const char *p = *text;
    uint64_t sum = 0;
    bool overflow = false;

    if (!is_digit(*p))
        return -EINVAL;
    for (; is_digit(*p); p++) {
        overflow = overflow || __builtin_mul_overflow(sum, 10U, &sum);
        overflow = overflow || __builtin_add_overflow(sum, (uint64_t)(*p - '0'), &sum);
    }
    *text = p;
    *number = sum;
    return overflow ? -ERANGE : 0;
}

static const struct duration_unit *unit_named(const char *name)
{
    for (size_t i = 0; i < DURATION_UNIT_COUNT; i++)
        if (strcmp(duration_units[i].suffix, name) == 0)
            return &duration_units[i];
    return NULL;
}

/* Reads an optional fraction such as ".5" at *text as numerator / denominator. */
static int read_fraction(const char **text, uint64_t *numerator, uint64_t *denominator)
{
    *numerator = 0;
    *denominator = 1;
    if (**text != '.')
        return 0;
    const char *digits = ++*text;
    int rc = read_number(text, numerator);
    if (rc != 0)
        return rc;
    /* nine digits of the longest unit still fit into 64 bits */
    if (*text - digits > 9)
        return -ERANGE;
    for (; digits < *text; digits++)
        *denominator *= 10;
    return 0;
}

int parse_duration_ms(const char *text, int64_t *ms)
{
    uint64_t whole, numerator, denominator;
    int64_t sum;

    if (strcmp(text, "0") == 0) {
        *ms = 0;
        return 0;
    }
    int rc_whole = read_number(&text, &whole);
    if (rc_whole == -EINVAL)
        return -EINVAL;
    int rc = read_fraction(&text, &numerator, &denominator);
    if (rc == -EINVAL)
        return -EINVAL;
    const struct duration_unit *unit = unit_named(text);
    if (unit == NULL)
        return -EINVAL;
    if (rc_whole != 0 || rc != 0)
        return -ERANGE;

    uint64_t part = numerator * (uint64_t)unit->ms;
    if (part % denominator != 0)
        return -ERANGE;
    if (__builtin_mul_overflow(whole, unit->ms, &sum) || __builtin_add_overflow(sum, part / denominator, &sum))
        return -ERANGE;
    *ms = sum;
    return 0;
}

int parse_percent(const char *text, double *share)
{
    const char *p = text;

    /* strtod() alone would also take "nan", "inf", "1e1", "0x10" and leading space */
    while (is_digit(*p))
        p++;
    if (p == text)
        return -EINVAL;
    if (*p == '.') {
        if (!is_digit(*++p))
            return -EINVAL;
        while (is_digit(*p))
            p++;
    }
    if (strcmp(p, "") != 0 && strcmp(p, "%") != 0)
        return -EINVAL;

    double percent = strtod(text, NULL);
    if (percent > 100.0)
        return -ERANGE;
    *share = percent / 100.0;
    return 0;
}

int parse_size(const char *text, uint64_t *bytes)
{
    uint64_t number;
    int rc = read_number(&text, &number);
    if (rc == -EINVAL)
        return -EINVAL;

    unsigned shift = 0;
    if (*text != '\0') {
        const char *letter = strchr(SIZE_LETTERS, *text);
        if (letter == NULL || text[1] != '\0')
            return -EINVAL;
        shift = 10U * (unsigned)(letter - SIZE_LETTERS + 1);
    }
    if (rc != 0 || __builtin_mul_overflow(number, UINT64_C(1) << shift, &number))
        return -ERANGE;
    *bytes = number;
    return 0;
}

int parse_unsigned(const char *text, unsigned *value)
{
    uint64_t number;
    int rc = read_number(&text, &number);
    if (rc == -EINVAL || *text != '\0')
        return -EINVAL;
    if (rc != 0 || number > UINT_MAX)
        return -ERANGE;
    *value = (unsigned)number;
    return 0;
}

/* strtod() also takes spaces, hexadecimal, inf and nan. */
int parse_number(const char *text, size_t len, double *value)
{
    char *end = NULL;

    if (len == 0 || strspn(text, "+-.0123456789eE") < len)
        return -EINVAL;
    double number = strtod(text, &end);
    if (end != text + len)
        return -EINVAL;
    if (!isfinite(number))
        return -ERANGE;
    *value = number;
    return 0;
}

/* ---- addresses and names ---- */

/* A DNS name or an IPv4 address. Digits and dots alone must form an IPv4 address. */
static bool host_ok(const char *host)
{
    bool numeric = true;

    for (const char *p = host; *p != '\0'; p++) {
        if (!is_alnum(*p) && (p == host || strchr(".-_", *p) == NULL))
            return false;
        numeric = numeric && (is_digit(*p) || *p == '.');
    }
    struct in_addr ignored;
    return !numeric || inet_pton(AF_INET, host, &ignored) == 1;
}

static bool ipv6_ok(const char *host)
{
    char address[ADDRESS_HOST_MAX + 1];
    struct in6_addr ignored;
    size_t len = strcspn(host, "%");

    memcpy(address, host, len);
    address[len] = '\0';
    if (inet_pton(AF_INET6, address, &ignored) != 1)
        return false;
    return host[len] == '\0' || parse_name_ok(host + len + 1, strlen(host + len + 1));
}

int parse_address(const char *text, struct address *address)
{
    struct address parsed = {.port = 0};
    unsigned port;

    bool bracket = text[0] == '[';
    const char *host = bracket ? text + 1 : text;
    size_t len = strcspn(host, bracket ? "]" : ":");
    const char *rest = host + len;
    if (bracket && *rest == ']')
        rest++;
    if (len == 0 || len > ADDRESS_HOST_MAX || *rest != ':')
        return -EINVAL;
    memcpy(parsed.host, host, len);
    if (!(bracket ? ipv6_ok(parsed.host) : host_ok(parsed.host)))
        return -EINVAL;

    int rc = parse_unsigned(rest + 1, &port);
    if (rc != 0)
        return rc;
    if (port > UINT16_MAX)
        return -ERANGE;
    parsed.port = (uint16_t)port;
    *address = parsed;
    return 0;
}

bool parse_name_ok(const char *text, size_t len)
{
    if (len == 0 || len > NAME_LEN_MAX || !is_alnum(text[0]))
        return false;
    for (size_t i = 1; i < len; i++)
        if (!is_alnum(text[i]) && text[i] != '.' && text[i] != '_' && text[i] != '-')
            return false;
    return true;
}

/* ---- UTF-8 ---- */

/* RFC 3629, section 4: the first bytes of a character, and the range of its second byte; all further bytes are 80..BF.
 * The narrower ranges exclude overlong forms (C0, C1, E0, F0), surrogates (ED) and values above U+10FFFF (F4). */
static const struct utf8_lead {
    uint8_t first, last;
    uint8_t second_min, second_max;
    uint8_t len;
} utf8_leads[] = {
    {0x00, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

/* The length of the character at text, or 0 if it is not valid. len > 0. */
static size_t utf8_char_len(const uint8_t *text, size_t len)
{
    const struct utf8_lead *lead = NULL;
    for (size_t i = 0; i < sizeof utf8_leads / sizeof *utf8_leads && lead == NULL; i++)
        if (text[0] >= utf8_leads[i].first && text[0] <= utf8_leads[i].last)
            lead = &utf8_leads[i];

    if (lead == NULL || lead->len > len)
        return 0;
    if (lead->len > 1 && (text[1] < lead->second_min || text[1] > lead->second_max))
        return 0;
    for (size_t i = 2; i < lead->len; i++)
        if (text[i] < 0x80 || text[i] > 0xBF)
            return 0;
    return lead->len;
}

bool parse_utf8_ok(const uint8_t *text, size_t len)
{
    while (len > 0) {
        size_t step = utf8_char_len(text, len);
        if (step == 0)
            return false;
        text += step;
        len -= step;
    }
    return true;
}

bool parse_printable_ok(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++)
        if (*at < ' ' || *at == 0x7F || (*at == 0xC2 && at[1] < 0xA0))
            return false;
    return true;
}

void parse_to_ascii(char *text)
{
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

/* ---- suggestions ---- */

#define WORD_LEN_MAX 64U

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;
    return least < c ? least : c;
}

/* Levenshtein distance: the number of letters to insert, delete or replace to turn a into b. */
static unsigned distance(const char *a, const char *b)
{
    size_t len_a = strlen(a), len_b = strlen(b);
    unsigned row[WORD_LEN_MAX + 1]; /* row[j]: from the first i letters of a to the first j of b */

    if (len_a > WORD_LEN_MAX || len_b > WORD_LEN_MAX)
        return UINT_MAX;
    for (unsigned j = 0; j <= len_b; j++)
        row[j] = j;
    for (unsigned i = 1; i <= len_a; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= len_b; j++) {
            unsigned changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = min3(changed, row[j] + 1, row[j - 1] + 1);
        }
    }
    return row[len_b];
}

const char *parse_nearer(const char *written, const char *best, const char *candidate)
{
    /* the usual slip costs two letters, swapped ones for instance; in a short word that would match anything */
    unsigned allowed = strlen(written) > 4 ? 2 : 1;
    unsigned letters = distance(written, candidate);
    if (letters > allowed || (best != NULL && distance(written, best) <= letters))
        return best;
    return candidate;
}
