#include "collector/config/schedule.h"

#include "common/error_text.h"
#include "common/parse.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define DAY_S     86400
#define DAYS      7
#define EVERY_DAY 0x7FU

const struct schedule schedule_initial = {.days = EVERY_DAY, .to_s = DAY_S, .zone_name = SCHEDULE_ZONE_LOCAL};

static const char *const day_names[DAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* ---- from text ---- */

static int day_of(const char *text, size_t len)
{
    for (int day = 0; day < DAYS; day++)
        if (len == strlen(day_names[day]) && strncmp(text, day_names[day], len) == 0)
            return day;
    return -1;
}

/* "mon-fri,sun"; a range may pass the end of the week: "sat-mon". */
static bool parse_days(const char *text, uint8_t *days)
{
    unsigned found = 0;

    for (;;) {
        size_t len = strcspn(text, ",");
        size_t dash = strcspn(text, ",-");
        int first = day_of(text, dash);
        int last = dash < len ? day_of(text + dash + 1, len - dash - 1) : first;
        if (first < 0 || last < 0)
            return false;
        for (int day = first; day != last; day = (day + 1) % DAYS)
            found |= 1U << day;
        found |= 1U << last;
        if (text[len] == '\0')
            break;
        text += len + 1;
        text += strspn(text, " ");
    }
    *days = (uint8_t)found;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "HH:MM", up to 24:00. */
static bool parse_time_of_day(const char *text, int32_t *seconds)
{
    if (strlen(text) != 5 || !is_digit(text[0]) || !is_digit(text[1]) || text[2] != ':' || !is_digit(text[3]) ||
        !is_digit(text[4]))
        return false;
    int32_t hour = (text[0] - '0') * 10 + text[1] - '0';
    int32_t minute = (text[3] - '0') * 10 + text[4] - '0';
    int32_t value = hour * 3600 + minute * 60;
    if (minute > 59 || value > DAY_S)
        return false;
    *seconds = value;
    return true;
}

static bool parse_nodes(const char *text, unsigned *nodes)
{
    unsigned value = 0;

    if (parse_unsigned(text, &value) != 0 || value < 1 || value > NODES_MAX)
        return false;
    *nodes = value;
    return true;
}

/* ---- the fields ---- */

static bool set_group(struct schedule *schedule, const char *text)
{
    size_t len = strlen(text);

    if (!parse_name_ok(text, len))
        return false;
    memcpy(schedule->group, text, len + 1);
    return true;
}

static bool set_days(struct schedule *schedule, const char *text)
{
    return parse_days(text, &schedule->days);
}

static bool set_from(struct schedule *schedule, const char *text)
{
    int32_t from_s = 0;

    if (!parse_time_of_day(text, &from_s) || from_s == DAY_S)
        return false;
    schedule->from_s = from_s;
    return true;
}

static bool set_to(struct schedule *schedule, const char *text)
{
    return parse_time_of_day(text, &schedule->to_s);
}

/* Never a path that leaves the folder of zones. */
static bool set_zone(struct schedule *schedule, const char *text)
{
    size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/");

    if (len == 0 || text[len] != '\0' || len > SCHEDULE_ZONE_MAX || text[0] == '/')
        return false;
    memcpy(schedule->zone_name, text, len + 1);
    return true;
}

static bool set_min(struct schedule *schedule, const char *text)
{
    return parse_nodes(text, &schedule->nodes_min);
}

static bool set_max(struct schedule *schedule, const char *text)
{
    return parse_nodes(text, &schedule->nodes_max);
}

static_assert(NODES_MAX == 100000, "an error states it");

#define NODES_TEXT "a whole number from 1 to 100000"

const char *const schedule_field_names[SCHEDULE_FIELDS] = {"group", "days", "from", "to", "zone", "min", "max"};

static const struct {
    bool (*set)(struct schedule *schedule, const char *text);
    const char *must_be;
} fields[SCHEDULE_FIELDS] = {
    {set_group, "the name of a group"},
    {set_days, "days or ranges of days separated by commas, such as mon-fri or sat,sun"},
    {set_from, "a time of day from 00:00 to 23:59"},
    {set_to, "a time of day from 00:00 to 24:00"},
    {set_zone, "local, or the name of a time zone such as UTC or Europe/Berlin"},
    {set_min, NODES_TEXT},
    {set_max, NODES_TEXT},
};

int schedule_set(struct schedule *schedule, unsigned field, const char *value, char *error, size_t error_size)
{
    if (fields[field].set(schedule, value))
        return 0;
    return error_text_set(error, error_size, -EINVAL, "must be %s, got \"%.80s\"", fields[field].must_be, value);
}

int schedule_check(const struct schedule *schedule, char *error, size_t error_size)
{
    if (schedule->group[0] == '\0')
        return error_text_set(error, error_size, -EINVAL, "group is missing; write group = NAME");
    if (schedule->nodes_min == 0 && schedule->nodes_max == 0)
        return error_text_set(error, error_size, -EINVAL, "it changes nothing; set min, max or both");
    if (schedule->nodes_max > 0 && schedule->nodes_max < schedule->nodes_min)
        return error_text_set(error, error_size, -EINVAL, "min is %u and above max, which is %u", schedule->nodes_min,
                              schedule->nodes_max);
    return 0;
}

/* ---- to text ---- */

static void print_days(uint8_t days, FILE *out)
{
    const char *separator = "";

    for (int day = 0; day < DAYS; day++) {
        int last = day;
        if ((days & 1U << day) == 0)
            continue;
        while (last + 1 < DAYS && (days & 1U << (last + 1)) != 0)
            last++;
        (void)fprintf(out, "%s%s", separator, day_names[day]);
        if (last > day)
            (void)fprintf(out, "-%s", day_names[last]);
        separator = ",";
        day = last;
    }
}

void schedule_print(const struct schedule *schedule, FILE *out)
{
    (void)fprintf(out, "[schedule %s]\ngroup = %s\ndays = ", schedule->name, schedule->group);
    print_days(schedule->days, out);
    (void)fprintf(out, "\nfrom = %02d:%02d\nto = %02d:%02d\nzone = %s\n", schedule->from_s / 3600,
                  schedule->from_s / 60 % 60, schedule->to_s / 3600, schedule->to_s / 60 % 60, schedule->zone_name);
    if (schedule->nodes_min > 0)
        (void)fprintf(out, "min = %u\n", schedule->nodes_min);
    if (schedule->nodes_max > 0)
        (void)fprintf(out, "max = %u\n", schedule->nodes_max);
}

/* ---- when ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t schedule_next_s(const struct schedule *schedule, int64_t wall_ms, int64_t *end_s)
{
    int64_t now_s = floor_div(wall_ms, 1000);
    int64_t today = floor_div(now_s + time_zone_offset_s(&schedule->zone, now_s), DAY_S);

    for (int64_t day = today - 2; day <= today + DAYS + 1; day++) {
        int64_t weekday = ((day + 3) % DAYS + DAYS) % DAYS; /* 1 January 1970 was a Thursday */
        int64_t end_day = day + (schedule->to_s <= schedule->from_s);
        if ((schedule->days & 1U << weekday) == 0)
            continue;
        int64_t begin_s = time_zone_unix_s(&schedule->zone, day * DAY_S + schedule->from_s, false);
        int64_t until_s = time_zone_unix_s(&schedule->zone, end_day * DAY_S + schedule->to_s, true);
        if (until_s <= now_s || until_s <= begin_s) /* over, or the clock skips all of it */
            continue;
        *end_s = until_s;
        return begin_s;
    }
    return 0;
}

bool schedule_in_force(const struct schedule *schedule, int64_t wall_ms)
{
    int64_t end_s = 0;
    int64_t begin_s = schedule_next_s(schedule, wall_ms, &end_s);

    return begin_s != 0 && begin_s * 1000 <= wall_ms;
}

void schedule_put_names(struct writer *writer, const struct schedule *schedules, unsigned count, const char *group,
                        int64_t wall_ms)
{
    unsigned listed = 0;

    writer_put(writer, "[");
    for (unsigned i = 0; i < count && listed < SCHEDULES_LISTED; i++)
        if (strcmp(schedules[i].group, group) == 0 && schedule_in_force(&schedules[i], wall_ms))
            writer_putf(writer, "%s\"%s\"", listed++ == 0 ? "" : ",", schedules[i].name);
    writer_put(writer, "]");
}

/* ---- bounds ---- */

/* What the schedules make of the bounds; 0: nothing. */
struct bounds {
    unsigned min;   /* of those in force */
    unsigned max;   /* the same */
    unsigned ahead; /* the min of those that begin soon */
};

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static void add_schedule(struct bounds *bounds, const struct schedule *schedule, int64_t wall_ms, int64_t ahead_ms)
{
    int64_t end_s = 0;
    int64_t begin_s = schedule_next_s(schedule, wall_ms, &end_s);

    if (begin_s == 0 || begin_s * 1000 > wall_ms + ahead_ms)
        return;
    if (begin_s * 1000 > wall_ms) {
        bounds->ahead = larger(bounds->ahead, schedule->nodes_min);
        return;
    }
    bounds->min = larger(bounds->min, schedule->nodes_min);
    if (schedule->nodes_max > 0 && (bounds->max == 0 || schedule->nodes_max < bounds->max))
        bounds->max = schedule->nodes_max;
}

void schedule_apply(const struct schedule *schedules, unsigned count, const char *group, int64_t wall_ms,
                    int64_t ahead_ms, struct scaler_settings *settings)
{
    struct bounds bounds = {0};

    for (unsigned i = 0; i < count; i++)
        if (strcmp(schedules[i].group, group) == 0)
            add_schedule(&bounds, &schedules[i], wall_ms, ahead_ms);
    if (bounds.min > 0)
        settings->nodes_min = bounds.min;
    settings->nodes_min = larger(settings->nodes_min, bounds.ahead);
    if (bounds.max > 0)
        settings->nodes_max = bounds.max;
    if (scaler_settings_is_limited(settings) && settings->nodes_max < settings->nodes_min)
        settings->nodes_max = settings->nodes_min;
}
