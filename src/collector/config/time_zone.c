#include "collector/config/time_zone.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S       86400
#define HOUR_S      3600
#define HEADER_LEN  44U
#define CHANGES_MAX 2048U
#define YEAR_FIRST  1970
#define YEAR_LAST   2100

/* ---- bytes ---- */

struct reader {
    const uint8_t *at;
    size_t left;
};

static const uint8_t *take(struct reader *reader, size_t len)
{
    const uint8_t *taken = reader->at;

    if (len > reader->left)
        return NULL;
    reader->at += len;
    reader->left -= len;
    return taken;
}

static int64_t signed_of(const uint8_t *bytes, unsigned size)
{
    uint64_t value = bytes[0] >= 0x80 ? UINT64_MAX : 0;

    for (unsigned i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return (int64_t)value;
}

/* ---- the blocks of the file ---- */

/* The counts of a block, in the order of its header. */
struct counts {
    uint32_t utc, standard, leap, times, types, chars;
};

static bool read_header(struct reader *reader, struct counts *counts)
{
    const uint8_t *header = take(reader, HEADER_LEN);
    uint32_t *count[] = {&counts->utc,   &counts->standard, &counts->leap,
                         &counts->times, &counts->types,    &counts->chars};

    if (header == NULL || memcmp(header, "TZif", 4) != 0)
        return false;
    for (unsigned i = 0; i < sizeof count / sizeof *count; i++)
        *count[i] = (uint32_t)signed_of(header + 20 + (size_t)4 * i, 4);
    return counts->times <= CHANGES_MAX && counts->types > 0 && counts->types <= 256 && counts->chars <= 4096 &&
           counts->leap <= 4096 && counts->utc <= 256 && counts->standard <= 256;
}

static size_t block_len(const struct counts *counts, unsigned time_size)
{
    return (size_t)counts->times * (time_size + 1) + (size_t)counts->types * 6 + counts->chars +
           (size_t)counts->leap * (time_size + 4) + counts->standard + counts->utc;
}

/* Reads the changes of a block; there is room for CHANGES_MAX. */
static bool read_block(struct reader *reader, const struct counts *counts, unsigned time_size, struct time_zone *zone)
{
    const uint8_t *times = take(reader, block_len(counts, time_size));

    if (times == NULL)
        return false;
    const uint8_t *indices = times + (size_t)counts->times * time_size;
    const uint8_t *types = indices + counts->times;
    zone->first_offset_s = (int32_t)signed_of(types, 4);
    for (uint32_t i = 0; i < counts->times; i++) {
        struct time_zone_change *change = &zone->changes[i];
        if (indices[i] >= counts->types)
            return false;
        change->unix_s = signed_of(times + (size_t)i * time_size, time_size);
        change->offset_s = (int32_t)signed_of(types + (size_t)indices[i] * 6, 4);
        if (i > 0 && change->unix_s <= zone->changes[i - 1].unix_s)
            return false;
    }
    zone->count = counts->times;
    return true;
}

/* ---- the rule for later years: POSIX TZ, as in CET-1CEST,M3.5.0,M10.5.0/3 ---- */

/* A day of the year, and the local time on it. */
struct rule_date {
    char form; /* 'M': month, week, day of the week; 'J': 1 to 365, never 29 February; '0': 0 to 365 */
    int month, week, day;
    int32_t time_s;
};

struct rule {
    int32_t standard_s, summer_s;
    bool has_summer;
    struct rule_date begin, end;
};

static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2; /* the year begins in March */
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool read_number(const char **text, int max, int *number)
{
    int value = 0;

    if (!isdigit((unsigned char)**text))
        return false;
    while (isdigit((unsigned char)**text) && value <= max)
        value = value * 10 + (*(*text)++ - '0');
    *number = value;
    return value <= max;
}

static bool read_name(const char **text)
{
    size_t len = 0;

    if (**text == '<') {
        len = strcspn(*text, ">");
        if ((*text)[len] != '>')
            return false;
        *text += len + 1;
        return true;
    }
    while (isalpha((unsigned char)(*text)[len]))
        len++;
    *text += len;
    return len > 0;
}

/* [+-]hh[:mm[:ss]] */
static bool read_time(const char **text, int32_t *seconds)
{
    int part[3] = {0};
    bool negative = **text == '-';

    if (**text == '-' || **text == '+')
        ++*text;
    if (!read_number(text, 167, &part[0]))
        return false;
    for (unsigned i = 1; i < 3 && **text == ':'; i++) {
        ++*text;
        if (!read_number(text, 59, &part[i]))
            return false;
    }
    int32_t value = part[0] * HOUR_S + part[1] * 60 + part[2];
    *seconds = negative ? -value : value;
    return true;
}

static bool read_date(const char **text, struct rule_date *date)
{
    bool ok = false;

    *date = (struct rule_date){.form = '0', .time_s = 2 * HOUR_S};
    if (*(*text)++ != ',')
        return false;
    if (**text == 'M' || **text == 'J')
        date->form = *(*text)++;
    if (date->form == 'M')
        ok = read_number(text, 12, &date->month) && date->month > 0 && *(*text)++ == '.' &&
             read_number(text, 5, &date->week) && date->week > 0 && *(*text)++ == '.' &&
             read_number(text, 6, &date->day);
    else
        ok = read_number(text, 365, &date->day);
    if (!ok || **text != '/')
        return ok;
    ++*text;
    return read_time(text, &date->time_s);
}

static bool read_rule(const char *text, struct rule *rule)
{
    *rule = (struct rule){0};
    if (!read_name(&text) || !read_time(&text, &rule->standard_s))
        return false;
    rule->standard_s = -rule->standard_s; /* POSIX counts to the west */
    rule->summer_s = rule->standard_s + HOUR_S;
    if (*text == '\0')
        return true;
    rule->has_summer = true;
    if (!read_name(&text))
        return false;
    if (*text != ',' && *text != '\0') {
        if (!read_time(&text, &rule->summer_s))
            return false;
        rule->summer_s = -rule->summer_s;
    }
    return read_date(&text, &rule->begin) && read_date(&text, &rule->end) && *text == '\0';
}

static int64_t date_day(const struct rule_date *date, int64_t year)
{
    if (date->form == '0')
        return days_of(year, 1, 1) + date->day;
    if (date->form == 'J')
        return days_of(year, 1, 1) + date->day - 1 + (is_leap(year) && date->day >= 60);
    int64_t first = days_of(year, date->month, 1);
    int64_t following = date->month == 12 ? days_of(year + 1, 1, 1) : days_of(year, date->month + 1, 1);
    int64_t weekday = (first + 4) % 7; /* 1 January 1970 was a Thursday */
    int64_t day = first + (date->day - weekday + 7) % 7 + (int64_t)7 * (date->week - 1);
    return day < following ? day : day - 7;
}

static void add_change(struct time_zone *zone, int64_t unix_s, int32_t offset_s)
{
    bool later = zone->count == 0 || unix_s > zone->changes[zone->count - 1].unix_s;

    if (later && zone->count < CHANGES_MAX)
        zone->changes[zone->count++] = (struct time_zone_change){unix_s, offset_s};
}

static void expand_rule(struct time_zone *zone, const struct rule *rule)
{
    if (!rule->has_summer && zone->count == 0)
        zone->first_offset_s = rule->standard_s;
    for (int64_t year = YEAR_FIRST; rule->has_summer && year <= YEAR_LAST; year++) {
        int64_t begin_s = date_day(&rule->begin, year) * DAY_S + rule->begin.time_s - rule->standard_s;
        int64_t end_s = date_day(&rule->end, year) * DAY_S + rule->end.time_s - rule->summer_s;
        if (begin_s < end_s)
            add_change(zone, begin_s, rule->summer_s);
        add_change(zone, end_s, rule->standard_s);
        if (begin_s > end_s) /* in the south */
            add_change(zone, begin_s, rule->summer_s);
    }
}

/* "\nTZ\n" ends the file; TZ may be empty. */
static bool read_footer(struct reader *reader, struct time_zone *zone)
{
    char text[128];
    struct rule rule;
    const uint8_t *begin = take(reader, 1);
    const uint8_t *end = begin != NULL ? memchr(reader->at, '\n', reader->left) : NULL;

    if (begin == NULL || *begin != '\n' || end == NULL || (size_t)(end - reader->at) >= sizeof text)
        return false;
    size_t len = (size_t)(end - reader->at);
    memcpy(text, reader->at, len);
    text[len] = '\0';
    if (len == 0)
        return true;
    if (!read_rule(text, &rule))
        return false;
    expand_rule(zone, &rule);
    return true;
}

/* ---- the zone ---- */

/* The second block of version 2 and later has times of 64 bits; it makes the first one redundant. */
static bool read_file(struct reader *reader, struct time_zone *zone)
{
    bool has_second = reader->left >= HEADER_LEN && reader->at[4] >= '2';
    struct counts counts;

    if (!read_header(reader, &counts))
        return false;
    if (!has_second)
        return read_block(reader, &counts, 4, zone);
    return take(reader, block_len(&counts, 4)) != NULL && read_header(reader, &counts) &&
           read_block(reader, &counts, 8, zone) && read_footer(reader, zone);
}

int time_zone_parse(struct time_zone *zone, const uint8_t *data, size_t len)
{
    struct reader reader = {data, len};
    struct time_zone fresh = {.changes = calloc(CHANGES_MAX, sizeof *fresh.changes)};

    if (fresh.changes == NULL)
        return -ENOMEM;
    if (len > TIME_ZONE_FILE_MAX || !read_file(&reader, &fresh)) {
        time_zone_free(&fresh);
        return -EINVAL;
    }
    *zone = fresh;
    return 0;
}

void time_zone_free(struct time_zone *zone)
{
    free(zone->changes);
    *zone = (struct time_zone){0};
}

/* How many changes were before that moment or at it. */
static unsigned passed(const struct time_zone *zone, int64_t unix_s)
{
    unsigned low = 0, high = zone->count;

    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (zone->changes[middle].unix_s <= unix_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int32_t time_zone_offset_s(const struct time_zone *zone, int64_t unix_s)
{
    unsigned at = passed(zone, unix_s);

    return at > 0 ? zone->changes[at - 1].offset_s : zone->first_offset_s;
}

/* The offsets of a day before and a day after enclose those that the local time may have. */
int64_t time_zone_unix_s(const struct time_zone *zone, int64_t local_s, bool last)
{
    int64_t before = local_s - time_zone_offset_s(zone, local_s - DAY_S);
    int64_t after = local_s - time_zone_offset_s(zone, local_s + DAY_S);
    int64_t early = before < after ? before : after;
    int64_t late = before < after ? after : before;
    bool early_fits = early + time_zone_offset_s(zone, early) == local_s;
    bool late_fits = late + time_zone_offset_s(zone, late) == local_s;

    if (early_fits && (!late_fits || !last))
        return early;
    if (late_fits)
        return late;
    unsigned at = passed(zone, late); /* skipped: the change lies between the two */
    return at > 0 && zone->changes[at - 1].unix_s >= early ? zone->changes[at - 1].unix_s : early;
}
