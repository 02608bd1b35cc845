/* Schedules: their lines, when they are in force (also when clocks change), and what they make of the bounds. */
#include "collector/config/schedule.h"

#include "support/suite.h"

#include <errno.h>
#include <string.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define MONDAY_MS INT64_C(1795996800000) /* 30 November 2026, 00:00 UTC */

/* Berlin's, around 2026. */
static struct time_zone_change changes[] = {{1774746000, 7200}, {1792890000, 3600}};
static const struct time_zone berlin = {.first_offset_s = 3600, .count = 2, .changes = changes};

static char error[256];

static int set(struct schedule *schedule, const char *name, const char *value)
{
    for (unsigned i = 0; i < SCHEDULE_FIELDS; i++)
        if (strcmp(schedule_field_names[i], name) == 0)
            return schedule_set(schedule, i, value, error, sizeof error);
    ck_abort_msg("%s", name);
}

static struct schedule make(const char *days, const char *from, const char *to, unsigned min, unsigned max)
{
    struct schedule schedule = schedule_initial;

    ck_assert_int_eq(set(&schedule, "group", "web"), 0);
    ck_assert_int_eq(set(&schedule, "days", days), 0);
    ck_assert_int_eq(set(&schedule, "from", from), 0);
    ck_assert_int_eq(set(&schedule, "to", to), 0);
    schedule.nodes_min = min;
    schedule.nodes_max = max;
    return schedule;
}

START_TEST(values_are_read_and_others_are_refused)
{
    static const struct {
        const char *name, *good, *bad;
    } rows[] = {
        {"group", "web", "web shop"},
        {"days", "mon-fri", "weekdays"},
        {"days", "sat, sun", "mon-"},
        {"days", "fri-mon", ""},
        {"days", "mon", "mon,"},
        {"from", "00:00", "24:00"},
        {"from", "23:59", "8:00"},
        {"to", "24:00", "24:01"},
        {"to", "08:30", "08:60"},
        {"zone", "UTC", "../passwd:"},
        {"zone", "Etc/GMT+5", "/etc/localtime"},
        {"min", "1", "0"},
        {"max", "100000", "100001"},
        {"max", "5", "none"},
    };
    struct schedule schedule = schedule_initial;

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_msg(set(&schedule, rows[i].name, rows[i].good) == 0, "%s = %s", rows[i].name, rows[i].good);
        ck_assert_msg(set(&schedule, rows[i].name, rows[i].bad) == -EINVAL, "%s = %s", rows[i].name, rows[i].bad);
        ck_assert_ptr_nonnull(strstr(error, "must be"));
    }
    ck_assert_int_eq(set(&schedule, "days", "fri-mon"), 0);
    ck_assert_int_eq(schedule.days, 0x71);
}
END_TEST

START_TEST(a_schedule_needs_a_group_and_a_bound)
{
    struct schedule schedule = schedule_initial;

    ck_assert_int_eq(schedule_check(&schedule, error, sizeof error), -EINVAL);
    ck_assert_ptr_nonnull(strstr(error, "group"));
    schedule = make("mon", "08:00", "18:00", 0, 0);
    ck_assert_int_eq(schedule_check(&schedule, error, sizeof error), -EINVAL);
    schedule = make("mon", "08:00", "18:00", 3, 2);
    ck_assert_int_eq(schedule_check(&schedule, error, sizeof error), -EINVAL);
    schedule.nodes_max = 3;
    ck_assert_int_eq(schedule_check(&schedule, error, sizeof error), 0);
}
END_TEST

START_TEST(it_is_printed_as_it_is_written)
{
    struct schedule schedule = make("mon-wed,fri,sun", "08:05", "24:00", 3, 9);
    char text[512] = "";
    FILE *out = fmemopen(text, sizeof text, "w");

    strcpy(schedule.name, "day");
    schedule_print(&schedule, out);
    (void)fclose(out);
    ck_assert_str_eq(text, "[schedule day]\ngroup = web\ndays = mon-wed,fri,sun\nfrom = 08:05\nto = 24:00\n"
                           "zone = local\nmin = 3\nmax = 9\n");
}
END_TEST

START_TEST(it_is_in_force_on_its_days_and_hours)
{
    struct schedule work = make("mon-fri", "08:00", "18:00", 5, 0);
    struct schedule night = make("fri", "22:00", "06:00", 5, 0); /* into Saturday */
    struct schedule whole = make("sun", "00:00", "24:00", 5, 0);

    ck_assert(!schedule_in_force(&work, MONDAY_MS + 8 * HOUR_MS - 1));
    ck_assert(schedule_in_force(&work, MONDAY_MS + 8 * HOUR_MS));
    ck_assert(schedule_in_force(&work, MONDAY_MS + 18 * HOUR_MS - 1));
    ck_assert(!schedule_in_force(&work, MONDAY_MS + 18 * HOUR_MS));
    ck_assert(!schedule_in_force(&work, MONDAY_MS + 5 * DAY_MS + 9 * HOUR_MS));
    ck_assert(schedule_in_force(&night, MONDAY_MS + 4 * DAY_MS + 22 * HOUR_MS));
    ck_assert(schedule_in_force(&night, MONDAY_MS + 5 * DAY_MS + 6 * HOUR_MS - 1));
    ck_assert(!schedule_in_force(&night, MONDAY_MS + 5 * DAY_MS + 6 * HOUR_MS));
    ck_assert(!schedule_in_force(&night, MONDAY_MS + 22 * HOUR_MS));
    ck_assert(!schedule_in_force(&whole, MONDAY_MS));
    ck_assert(schedule_in_force(&whole, MONDAY_MS - 1));
    ck_assert(schedule_in_force(&whole, MONDAY_MS - DAY_MS));
}
END_TEST

/* How many minutes of the days around a Sunday it is in force. */
static int64_t minutes_in_force(const struct schedule *schedule, int64_t sunday_s)
{
    int64_t minutes = 0;

    for (int64_t ms = sunday_s * 1000 - DAY_MS; ms < sunday_s * 1000 + DAY_MS; ms += MINUTE_MS)
        minutes += schedule_in_force(schedule, ms);
    return minutes;
}

START_TEST(clocks_that_change_are_followed)
{
    static const struct {
        const char *from, *to;
        int64_t spring, autumn; /* minutes */
    } rows[] = {
        {"08:00", "18:00", 600, 600}, /* the clocks have changed before */
        {"00:00", "06:00", 300, 420}, /* an hour less, or more */
        {"02:30", "06:00", 180, 270}, /* begins when the clock skips, or the first time that it is half past two */
        {"01:00", "02:30", 60, 150},  /* ends when it skips, or the second time */
        {"02:10", "02:50", 0, 100},   /* skipped as a whole */
    };

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct schedule schedule = make("sun", rows[i].from, rows[i].to, 5, 0);
        schedule.zone = berlin;
        ck_assert_msg(minutes_in_force(&schedule, changes[0].unix_s) == rows[i].spring, "row %u, spring: %lld", i,
                      (long long)minutes_in_force(&schedule, changes[0].unix_s));
        ck_assert_msg(minutes_in_force(&schedule, changes[1].unix_s) == rows[i].autumn, "row %u, autumn: %lld", i,
                      (long long)minutes_in_force(&schedule, changes[1].unix_s));
    }
}
END_TEST

static struct scaler_settings apply(const struct schedule *schedules, unsigned count, int64_t wall_ms)
{
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;

    settings.nodes_min = 3;
    settings.nodes_max = 20;
    schedule_apply(schedules, count, "web", wall_ms, 10 * MINUTE_MS, &settings);
    return settings;
}

START_TEST(in_force_its_bounds_replace_the_groups)
{
    const struct schedule schedules[] = {make("mon", "08:00", "18:00", 2, 10)};

    struct scaler_settings settings = apply(schedules, 1, MONDAY_MS + 9 * HOUR_MS);
    ck_assert_uint_eq(settings.nodes_min, 2);
    ck_assert_uint_eq(settings.nodes_max, 10);
    settings = apply(schedules, 1, MONDAY_MS + 19 * HOUR_MS);
    ck_assert_uint_eq(settings.nodes_min, 3);
    ck_assert_uint_eq(settings.nodes_max, 20);
}
END_TEST

START_TEST(of_several_the_largest_min_and_the_smallest_max_count_and_min_wins)
{
    struct schedule schedules[] = {make("mon", "08:00", "18:00", 5, 15), make("mon", "09:00", "12:00", 8, 12),
                                   make("mon", "10:00", "11:00", 14, 0), make("mon", "09:00", "12:00", 99, 99)};
    strcpy(schedules[3].group, "other");

    struct scaler_settings settings = apply(schedules, 4, MONDAY_MS + 9 * HOUR_MS);
    ck_assert_uint_eq(settings.nodes_min, 8);
    ck_assert_uint_eq(settings.nodes_max, 12);
    settings = apply(schedules, 4, MONDAY_MS + 10 * HOUR_MS);
    ck_assert_uint_eq(settings.nodes_min, 14);
    ck_assert_uint_eq(settings.nodes_max, 14);
}
END_TEST

START_TEST(its_min_raises_the_groups_a_lead_time_and_a_tick_before)
{
    const struct schedule schedules[] = {make("mon", "08:00", "08:05", 6, 10), make("tue", "08:00", "18:00", 1, 2)};
    int64_t begin_ms = MONDAY_MS + 8 * HOUR_MS;

    ck_assert_uint_eq(apply(schedules, 2, begin_ms - 10 * MINUTE_MS - 1).nodes_min, 3);
    struct scaler_settings settings = apply(schedules, 2, begin_ms - 10 * MINUTE_MS);
    ck_assert_uint_eq(settings.nodes_min, 6);
    ck_assert_uint_eq(settings.nodes_max, 20);                     /* the max waits until it begins */
    settings = apply(schedules, 2, begin_ms + DAY_MS - MINUTE_MS); /* a lower min waits, too */
    ck_assert_uint_eq(settings.nodes_min, 3);
}
END_TEST

START_TEST(a_group_without_max_stays_without)
{
    const struct schedule schedules[] = {make("mon", "08:00", "18:00", 5, 0)};
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;

    settings.nodes_max = 0;
    schedule_apply(schedules, 1, "web", MONDAY_MS + 9 * HOUR_MS, 0, &settings);
    ck_assert_uint_eq(settings.nodes_min, 5);
    ck_assert_uint_eq(settings.nodes_max, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("schedule");
    TCase *tests = tcase_create("schedule");

    tcase_add_test(tests, values_are_read_and_others_are_refused);
    tcase_add_test(tests, a_schedule_needs_a_group_and_a_bound);
    tcase_add_test(tests, it_is_printed_as_it_is_written);
    tcase_add_test(tests, it_is_in_force_on_its_days_and_hours);
    tcase_add_test(tests, clocks_that_change_are_followed);
    tcase_add_test(tests, in_force_its_bounds_replace_the_groups);
    tcase_add_test(tests, of_several_the_largest_min_and_the_smallest_max_count_and_min_wins);
    tcase_add_test(tests, its_min_raises_the_groups_a_lead_time_and_a_tick_before);
    tcase_add_test(tests, a_group_without_max_stays_without);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
