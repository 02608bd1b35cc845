/* Time zones from TZif files: as glibc reads them, and the hours that a clock skips or shows twice. */
#include "collector/config/time_zone.h"

#include "support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define HEADER_LEN 44U
#define TEXT_MAX   512U

static struct time_zone zone;

static void release(void)
{
    time_zone_free(&zone);
}

/* A file of version 2 that has no changes, only a rule. */
static size_t make_file(const char *rule, uint8_t *data)
{
    const uint8_t type[] = {0, 0, 0, 0, 0, 0, 'U', 0}; /* UTC, and its name */
    uint8_t header[HEADER_LEN] = "TZif2";
    size_t len = 0;

    header[39] = 1; /* types */
    header[43] = 2; /* characters */
    for (unsigned block = 0; block < 2; block++) {
        memcpy(data + len, header, sizeof header);
        memcpy(data + len + sizeof header, type, sizeof type);
        len += sizeof header + sizeof type;
    }
    return len + (size_t)snprintf((char *)data + len, TEXT_MAX - len, "\n%s\n", rule);
}

static int parse_rule(const char *rule)
{
    uint8_t data[TEXT_MAX];

    time_zone_free(&zone);
    return time_zone_parse(&zone, data, make_file(rule, data));
}

#define MARCH_29_2026   INT64_C(1774746000) /* 01:00 UTC: Berlin's clocks go from 2 to 3 */
#define OCTOBER_25_2026 INT64_C(1792890000) /* 01:00 UTC: from 3 to 2 */

START_TEST(a_rule_says_when_summer_begins_and_ends)
{
    ck_assert_int_eq(parse_rule("CET-1CEST,M3.5.0,M10.5.0/3"), 0);
    ck_assert_int_eq(time_zone_offset_s(&zone, MARCH_29_2026 - 1), 3600);
    ck_assert_int_eq(time_zone_offset_s(&zone, MARCH_29_2026), 7200);
    ck_assert_int_eq(time_zone_offset_s(&zone, OCTOBER_25_2026 - 1), 7200);
    ck_assert_int_eq(time_zone_offset_s(&zone, OCTOBER_25_2026), 3600);
}
END_TEST

START_TEST(a_skipped_time_is_when_the_clock_skips_it)
{
    ck_assert_int_eq(parse_rule("CET-1CEST,M3.5.0,M10.5.0/3"), 0);
    int64_t midnight = MARCH_29_2026 + 3600 - 7200; /* 00:00, as if it were Unix time */
    ck_assert_int_eq(time_zone_unix_s(&zone, midnight + 5400, false), MARCH_29_2026 - 1800); /* 01:30 */
    for (int last = 0; last <= 1; last++)
        ck_assert_int_eq(time_zone_unix_s(&zone, midnight + 9000, last), MARCH_29_2026); /* 02:30 */
    ck_assert_int_eq(time_zone_unix_s(&zone, midnight + 10800, false), MARCH_29_2026);   /* 03:00 */
}
END_TEST

START_TEST(a_time_that_is_shown_twice_is_the_first_or_the_last_one)
{
    ck_assert_int_eq(parse_rule("CET-1CEST,M3.5.0,M10.5.0/3"), 0);
    int64_t half_past_two = OCTOBER_25_2026 + 7200 - 1800;
    ck_assert_int_eq(time_zone_unix_s(&zone, half_past_two, false), OCTOBER_25_2026 - 1800);
    ck_assert_int_eq(time_zone_unix_s(&zone, half_past_two, true), OCTOBER_25_2026 + 1800);
}
END_TEST

START_TEST(all_forms_of_rules_are_read)
{
    static const struct {
        const char *rule;
        int64_t unix_s;
        int32_t offset_s;
    } rows[] = {
        {"", 1792890000, 0},
        {"UTC0", 1792890000, 0},
        {"<+0530>-5:30", 1792890000, 19800},
        {"EST5EDT,M3.2.0,M11.1.0", 1782864000, -14400},             /* 1 July */
        {"EST5EDT,M3.2.0,M11.1.0", 1798761600, -18000},             /* 1 January */
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", 1798761600, 39600},        /* summer in January */
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", 1782864000, 36000},        /* winter in July */
        {"IST-1GMT0,M10.5.0,M3.5.0/1", 1798761600, 0},              /* "summer" is winter, and earlier */
        {"XXX3YYY2,J60/0,J300/0", 1772334000, -7200},               /* 1 March 2026, 03:00 UTC */
        {"XXX3YYY2,J60/0,J300/0", 1772333999, -10800},              /* a second before */
        {"XXX3YYY2,59/0,299/0", 1772334000, -7200},                 /* the same day, counted from 0 */
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1774746000, -3600},     /* the day before */
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1774746000 - 1, -7200}, /* a second before */
    };

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_msg(parse_rule(rows[i].rule) == 0, "%s", rows[i].rule);
        int32_t offset_s = time_zone_offset_s(&zone, rows[i].unix_s);
        ck_assert_msg(offset_s == rows[i].offset_s, "row %u, %s: %d", i, rows[i].rule, offset_s);
    }
}
END_TEST

START_TEST(other_files_are_refused_at_every_length)
{
    static const char *const bad[] = {"CET",
                                      "CET-1CEST,M3.5.0",
                                      "CET-1CEST,M13.5.0,M10.5.0",
                                      "CET-x",
                                      "CET-1CEST,M3.5.0,M10.5.0,",
                                      "1",
                                      "<+05-5",
                                      "CET-1CEST,M3.6.0,M10.5.0",
                                      "CET-1CEST,M3.5.7,M10.5.0",
                                      "CET-1:60CEST",
                                      "CET-999"};
    uint8_t data[TEXT_MAX];

    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(parse_rule(bad[i]) == -EINVAL, "%s", bad[i]);
    size_t len = make_file("CET-1CEST,M3.5.0,M10.5.0/3", data);
    for (size_t part = 0; part < len; part++)
        ck_assert_msg(time_zone_parse(&zone, data, part) == -EINVAL, "%zu", part);
    for (size_t at = 20; at < HEADER_LEN; at++) { /* counts that are not those of the file */
        uint8_t copy[TEXT_MAX];
        memcpy(copy, data, len);
        copy[at] = 0xFF;
        ck_assert_msg(time_zone_parse(&zone, copy, len) == -EINVAL, "byte %zu", at);
    }
    ck_assert_ptr_null(zone.changes);
}
END_TEST

/* Compares with glibc, as far as the machine has the zone. */
static bool compare_zone(const char *name)
{
    static uint8_t data[TIME_ZONE_FILE_MAX];
    char path[128];
    uint64_t random = 1;

    (void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    size_t len = fread(data, 1, sizeof data, file);
    (void)fclose(file);
    ck_assert_int_eq(time_zone_parse(&zone, data, len), 0);
    setenv("TZ", name, 1);
    tzset();
    for (unsigned i = 0; i < 5000; i++) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        time_t now = (time_t)((random >> 32) % 4102444800); /* up to 2100 */
        struct tm tm;
        ck_assert_ptr_nonnull(localtime_r(&now, &tm));
        int32_t offset_s = time_zone_offset_s(&zone, now);
        ck_assert_msg(offset_s == tm.tm_gmtoff, "%s at %lld: %d, not %ld", name, (long long)now, offset_s,
                      tm.tm_gmtoff);
        int64_t local_s = now + offset_s;
        ck_assert(time_zone_unix_s(&zone, local_s, false) == now || time_zone_unix_s(&zone, local_s, true) == now);
    }
    time_zone_free(&zone);
    return true;
}

START_TEST(real_zones_are_read_as_glibc_reads_them)
{
    static const char *const names[] = {
        "Europe/Berlin",  "Europe/Dublin",     "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe",
        "Asia/Kathmandu", "Africa/Casablanca", "Asia/Gaza",        "Antarctica/Troll",  "Etc/GMT+5"};
    unsigned found = 0;

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        found += compare_zone(names[i]);
    if (found == 0)
        puts("this machine has no /usr/share/zoneinfo");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("time_zone");
    TCase *tests = tcase_create("time_zone");

    tcase_add_checked_fixture(tests, NULL, release);
    tcase_add_test(tests, a_rule_says_when_summer_begins_and_ends);
    tcase_add_test(tests, a_skipped_time_is_when_the_clock_skips_it);
    tcase_add_test(tests, a_time_that_is_shown_twice_is_the_first_or_the_last_one);
    tcase_add_test(tests, all_forms_of_rules_are_read);
    tcase_add_test(tests, other_files_are_refused_at_every_length);
    tcase_add_test(tests, real_zones_are_read_as_glibc_reads_them);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
