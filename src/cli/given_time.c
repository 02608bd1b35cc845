#include "cli/given_time.h"

#include "common/error_text.h"
#include "common/parse.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

static bool parse_all(const char *text, const char *format, struct tm *tm)
{
    const char *end = strptime(text, format, tm);

    return end != NULL && *end == '\0';
}

/* mktime() moves a time that does not exist to one that does. */
static bool exists(const struct tm *given, const struct tm *made)
{
    return given->tm_min == made->tm_min && given->tm_hour == made->tm_hour && given->tm_mday == made->tm_mday;
}

static int64_t make(const struct tm *given, int days)
{
    struct tm tm = *given;

    tm.tm_mday += days;
    tm.tm_isdst = -1;
    return (int64_t)mktime(&tm) * 1000;
}

/* A time of today in one of the formats, which end with NULL. */
static bool take_clock(const char *text, const char *const *formats, int64_t now_ms, struct tm *tm)
{
    time_t now = (time_t)(now_ms / 1000);

    for (; *formats != NULL; formats++) {
        localtime_r(&now, tm);
        tm->tm_sec = 0;
        if (parse_all(text, *formats, tm))
            return true;
    }
    return false;
}

/* A date with or without a time, in one of the formats. */
static bool take_date(const char *text, const char *const *formats, int64_t *ms)
{
    struct tm tm, made;

    for (; *formats != NULL; formats++) {
        tm = (struct tm){0};
        if (!parse_all(text, *formats, &tm))
            continue;
        made = tm;
        made.tm_isdst = -1;
        int64_t when_ms = (int64_t)mktime(&made) * 1000;
        if (!exists(&tm, &made))
            return false;
        *ms = when_ms;
        return true;
    }
    return false;
}

int given_time_parse_until(const char *text, int64_t now_ms, int64_t *until_ms, char *error, size_t error_size)
{
    static const char *const clocks[] = {"%H:%M", NULL};
    static const char *const dates[] = {"%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", NULL};
    struct tm tm;

    if (take_clock(text, clocks, now_ms, &tm)) {
        *until_ms = make(&tm, 0) > now_ms ? make(&tm, 0) : make(&tm, 1);
        return 0;
    }
    if (take_date(text, dates, until_ms))
        return 0;
    return error_text_set(error, error_size, -EINVAL,
                          "--until must be a local time such as 18:00 or \"2026-11-28 18:00\", got \"%.80s\"", text);
}

int given_time_parse_for(const char *text, int64_t now_ms, int64_t *until_ms, char *error, size_t error_size)
{
    int64_t ms = 0;

    if (parse_duration_ms(text, &ms) != 0 || ms <= 0 || ms > INT64_MAX - now_ms)
        return error_text_set(error, error_size, -EINVAL, "--for must be a time such as 30m, 2h or 7d, got \"%.80s\"",
                              text);
    *until_ms = now_ms + ms;
    return 0;
}

int given_time_parse_past(const char *flag, const char *text, int64_t now_ms, int64_t *past_ms, char *error,
                          size_t error_size)
{
    static const char *const clocks[] = {"%H:%M", "%H:%M:%S", NULL};
    static const char *const dates[] = {"%Y-%m-%d %H:%M",    "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S",
                                        "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d",       NULL};
    struct tm tm;
    int64_t ms = 0;

    if (take_clock(text, clocks, now_ms, &tm))
        ms = make(&tm, 0) <= now_ms ? make(&tm, 0) : make(&tm, -1);
    else if (parse_duration_ms(text, &ms) == 0 && ms >= 0 && ms < now_ms)
        ms = now_ms - ms;
    else if (!take_date(text, dates, &ms))
        return error_text_set(
            error, error_size, -EINVAL,
            "%s must be a local time such as 02:13 or \"2026-11-28 02:13\", or a time ago such as 2h, "
            "got \"%.80s\"",
            flag, text);
    if (ms > now_ms)
        return error_text_set(error, error_size, -EINVAL, "%s: \"%.80s\" is in the future", flag, text);
    *past_ms = ms;
    return 0;
}
