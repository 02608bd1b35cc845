#include "common/format.h"

#include "common/parse.h"
#include "common/rounding.h"
#include "common/units.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The largest unit of which ms is a whole multiple. */
static const struct duration_unit *unit_of(int64_t ms)
{
    size_t i = 0;
    while (ms % duration_units[i].ms != 0)
        i++;
    return &duration_units[i];
}

void format_duration(int64_t ms, char *text, size_t size)
{
    /* "90 s" reads better than "1.5 min", and "0 s" than "0 d" */
    const struct duration_unit *unit = ms != 0 ? unit_of(ms) : NULL;

    (void)snprintf(text, size, "%" PRId64 " %s", unit != NULL ? ms / unit->ms : 0, unit != NULL ? unit->word : "s");
}

void format_about(double seconds, char *text, size_t size)
{
    if (seconds < 100.0)
        snprintf(text, size, "%.0f s", ceil(seconds / 10.0) * 10.0);
    else if (seconds < 6000.0)
        snprintf(text, size, "%.0f min", rounding_nearest(seconds / 60.0));
    else
        snprintf(text, size, "%.0f h", rounding_nearest(seconds / 3600.0));
}

void format_utc(int64_t unix_ms, char *text, size_t size)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;

    if (gmtime_r(&seconds, &tm) == NULL || strftime(text, size, "%Y-%m-%d %H:%M UTC", &tm) == 0)
        (void)snprintf(text, size, "%" PRId64 " s", unix_ms / 1000);
}

void format_duration_value(int64_t ms, char *text, size_t size)
{
    const struct duration_unit *unit = unit_of(ms);
    (void)snprintf(text, size, "%" PRId64 "%s", ms / unit->ms, ms == 0 ? "" : unit->suffix);
}

void format_percent(double share, char *text, size_t size)
{
    char exact[64];
    double back = -1.0;

    for (int digits = 0; digits <= 20 && back != share; digits++) {
        (void)snprintf(exact, sizeof exact, "%.*f%%", digits, share * 100.0);
        if (parse_percent(exact, &back) != 0)
            break;
    }
    (void)snprintf(text, size, "%s", exact);
}

void format_size(uint64_t bytes, char *text, size_t size)
{
    char letter[2] = "";
    for (const char *next = SIZE_LETTERS; *next != '\0' && bytes != 0 && bytes % 1024 == 0; next++) {
        bytes /= 1024;
        letter[0] = *next;
    }
    (void)snprintf(text, size, "%" PRIu64 "%s", bytes, letter);
}

void format_address(const struct address *address, char *text, size_t size)
{
    bool bracket = strchr(address->host, ':');
    (void)snprintf(text, size, "%s%s%s:%u", bracket ? "[" : "", address->host, bracket ? "]" : "",
                   (unsigned)address->port);
}
