#include "cli/end_time.h"

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
    tm.tm_sec = 0;
    tm.tm_isdst = -1;
    return (int64_t)mktime(&tm) * 1000;
}

int end_time_parse_until(const char *text, int64_t now_ms, int64_t *until_ms, char *error, size_t error_size)
{
    static const char *const dates[] = {"%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"};
    time_t now = (time_t)(now_ms / 1000);
    struct tm tm, made;

    localtime_r(&now, &tm);
    if (parse_all(text, "%H:%M", &tm)) {
        *until_ms = make(&tm, 0) > now_ms ? make(&tm, 0) : make(&tm, 1);
        return 0;
    }
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        tm = (struct tm){0};
        if (!parse_all(text, dates[i], &tm))
            continue;
        made = tm;
        made.tm_isdst = -1;
        int64_t ms = (int64_t)mktime(&made) * 1000;
        if (!exists(&tm, &made))
            break;
        *until_ms = ms;
        return 0;
    }
    return error_text_set(error, error_size, -EINVAL,
                          "--until must be a local time such as 18:00 or \"2026-11-28 18:00\", got \"%.80s\"", text);
}

int end_time_parse_for(const char *text, int64_t now_ms, int64_t *until_ms, char *error, size_t error_size)
{
    int64_t ms = 0;

    if (parse_duration_ms(text, &ms) != 0 || ms <= 0 || ms > INT64_MAX - now_ms)
        return error_text_set(error, error_size, -EINVAL, "--for must be a time such as 30m, 2h or 7d, got \"%.80s\"",
                              text);
    *until_ms = now_ms + ms;
    return 0;
}
