#include "collector/csv.h"

#include "common/parse.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define INSTANCE_PREFIX 'i'
#define INSTANCE_DIGITS 16U

static char *put_text(char *at, const char *text)
{
    return stpcpy(at, text);
}

static char *put_unsigned(char *at, uint64_t number)
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

/* number / 10^places, with all places written. */
static char *put_fixed(char *at, uint64_t number, unsigned places)
{
    uint64_t scale = 1;

    for (unsigned i = 0; i < places; i++)
        scale *= 10;
    at = put_unsigned(at, number / scale);
    *at++ = '.';
    for (uint64_t rest = number % scale; scale > 1;) {
        scale /= 10;
        *at++ = (char)('0' + rest / scale);
        rest %= scale;
    }
    return at;
}

static char *put_hex(char *at, uint64_t number)
{
    for (unsigned i = INSTANCE_DIGITS; i-- > 0;)
        *at++ = "0123456789abcdef"[number >> (4 * i) & 15U];
    return at;
}

static char *put_metric(char *at, const struct sample *sample, enum metric metric)
{
    if (!sample_has(sample, metric))
        return at;
    if (metric_table[metric].kind == METRIC_COUNTER)
        return put_unsigned(at, sample->value[metric].counter);
    return put_fixed(at, (uint64_t)llround(sample->value[metric].gauge * 100.0), 2);
}

size_t csv_put_header(char *text)
{
    char *at = put_text(text, "node_id");

    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        if (m == METRIC_SEED_COUNT)
            at = put_text(at, ",timestamp,group,instance,seq,uptime");
        *at++ = ',';
        at = put_text(at, metric_table[m].column);
    }
    *at++ = '\n';
    return (size_t)(at - text);
}

size_t csv_put_row(const char *node_id, const char *group, uint64_t instance, const struct sample *sample, char *text)
{
    char *at = put_text(text, node_id);

    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        if (m == METRIC_SEED_COUNT) {
            *at++ = ',';
            at = put_fixed(at, (uint64_t)sample->time_ms, 3);
            *at++ = ',';
            at = put_text(at, group);
            *at++ = ',';
            *at++ = INSTANCE_PREFIX;
            at = put_hex(at, instance);
            *at++ = ',';
            at = put_unsigned(at, sample->seq);
            *at++ = ',';
            at = put_fixed(at, sample->uptime_ms, 3);
        }
        *at++ = ',';
        at = put_metric(at, sample, m);
    }
    *at++ = '\n';
    return (size_t)(at - text);
}

/* ---- reading ---- */

/* What is left of a line. Each get_ function takes what it wants from the front and says whether it was there. */
struct cursor {
    const char *at;
    const char *end;
};

static bool get_char(struct cursor *cursor, char wanted)
{
    if (cursor->at == cursor->end || *cursor->at != wanted)
        return false;
    cursor->at++;
    return true;
}

static bool at_field_end(const struct cursor *cursor)
{
    return cursor->at == cursor->end || *cursor->at == ',';
}

static bool get_name(struct cursor *cursor, char *name)
{
    const char *start = cursor->at;

    while (!at_field_end(cursor))
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

static bool get_unsigned(struct cursor *cursor, uint64_t *number)
{
    const char *start = cursor->at;

    *number = 0;
    for (; cursor->at < cursor->end && is_digit(*cursor->at); cursor->at++) {
        uint64_t digit = (uint64_t)(*cursor->at - '0');
        if (*number > (UINT64_MAX - digit) / 10)
            return false;
        *number = *number * 10 + digit;
    }
    return cursor->at > start;
}

/* A number with exactly so many decimals, as a count of its last decimal. */
static bool get_fixed(struct cursor *cursor, unsigned places, uint64_t *number)
{
    if (!get_unsigned(cursor, number) || !get_char(cursor, '.'))
        return false;
    for (unsigned i = 0; i < places; i++) {
        if (cursor->at == cursor->end || !is_digit(*cursor->at) || *number > UINT64_MAX / 10 - 1)
            return false;
        *number = *number * 10 + (uint64_t)(*cursor->at++ - '0');
    }
    return true;
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool get_instance(struct cursor *cursor, uint64_t *instance)
{
    if (!get_char(cursor, INSTANCE_PREFIX))
        return false;
    *instance = 0;
    for (unsigned i = 0; i < INSTANCE_DIGITS; i++) {
        int digit = cursor->at < cursor->end ? hex_value(*cursor->at) : -1;
        if (digit < 0)
            return false;
        *instance = *instance << 4 | (uint64_t)digit;
        cursor->at++;
    }
    return *instance != 0;
}

static bool get_metric(struct cursor *cursor, enum metric metric, struct sample *sample)
{
    uint64_t number = 0;

    if (at_field_end(cursor))
        return true;
    if (metric_table[metric].kind == METRIC_COUNTER) {
        if (!get_unsigned(cursor, &number))
            return false;
        sample_set_counter(sample, metric, number);
        return true;
    }
    if (!get_fixed(cursor, 2, &number))
        return false;
    sample_set_gauge(sample, metric, (double)number / 100.0);
    return true;
}

static bool get_identity(struct cursor *cursor, struct csv_row *row)
{
    uint64_t time_ms = 0;

    if (!get_fixed(cursor, 3, &time_ms) || time_ms > (uint64_t)CSV_TIME_MS_MAX || !get_char(cursor, ',') ||
        !get_name(cursor, row->group) || !get_char(cursor, ',') || !get_instance(cursor, &row->instance) ||
        !get_char(cursor, ',') || !get_unsigned(cursor, &row->sample.seq) || !get_char(cursor, ',') ||
        !get_fixed(cursor, 3, &row->sample.uptime_ms))
        return false;
    row->sample.time_ms = (int64_t)time_ms;
    return row->sample.seq > 0;
}

int csv_parse_row(const char *line, size_t len, struct csv_row *row)
{
    struct cursor cursor = {line, line + len};

    row->sample.present = 0;
    if (!get_name(&cursor, row->node_id))
        return -EBADMSG;
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        if (m == METRIC_SEED_COUNT && (!get_char(&cursor, ',') || !get_identity(&cursor, row)))
            return -EBADMSG;
        if (!get_char(&cursor, ',') || !get_metric(&cursor, m, &row->sample))
            return -EBADMSG;
    }
    if (cursor.at != cursor.end || sample_clean(&row->sample) > 0)
        return -EBADMSG;
    return 0;
}
