#include "collector/archive/archive_decisions.h"

#include "support/suite.h"

#include <stdio.h>
#include <string.h>

#define FROM_MS INT64_C(1700000000000)
#define HEADER  "timestamp,group,action,current,raw,desired,rule,guard,mode,cpu,order,why"

static struct archive_query query;
static struct archive_decisions decisions;

static void begin(void)
{
    query =
        (struct archive_query){.kind = ARCHIVE_DECISIONS, .from_ms = FROM_MS, .to_ms = FROM_MS + 3600000, .limit = 3};
    ck_assert_int_eq(archive_decisions_init(&decisions, &query), 0);
    archive_decisions_begin_file(&decisions, HEADER, strlen(HEADER));
}

static void end(void)
{
    archive_decisions_deinit(&decisions);
}

static void take(const char *line)
{
    ck_assert_int_eq(archive_decisions_take(&decisions, line, strlen(line)), 0);
}

static void take_at(unsigned after_s, unsigned current)
{
    char line[256];

    snprintf(line, sizeof line, "%u.000,web,hold,%u,4,4,none,none,full,50.00,,\"web: holds\"", 1700000000U + after_s,
             current);
    take(line);
}

static const char *found(size_t at)
{
    static char text[4096];

    ck_assert_uint_lt(at, decisions.count);
    snprintf(text, sizeof text, "%.*s", (int)decisions.found[at].len, decisions.found[at].json);
    return text;
}

START_TEST(a_decision_is_an_object)
{
    take("1700000001.250,web,up,4,6,6,forecast,none,full,71.00,intent,\"web: scale up 4 -> 6 (\"\"now\"\")\"");
    archive_decisions_end(&decisions);
    ck_assert_uint_eq(decisions.count, 1);
    ck_assert_str_eq(found(0), "{\"time_ms\":1700000001250,\"group\":\"web\",\"action\":\"up\",\"current\":4,\"raw\":6,"
                               "\"desired\":6,\"rule\":\"forecast\",\"guard\":\"none\",\"order\":\"intent\","
                               "\"why\":\"web: scale up 4 -> 6 (\\\"now\\\")\",\"row\":{\"timestamp\":1700000001.25,"
                               "\"group\":\"web\",\"action\":\"up\",\"current\":4,\"raw\":6,\"desired\":6,"
                               "\"rule\":\"forecast\",\"guard\":\"none\",\"mode\":\"full\",\"cpu\":71,"
                               "\"order\":\"intent\"}}");
    ck_assert(!decisions.more);
}
END_TEST

START_TEST(a_file_may_lack_columns)
{
    archive_decisions_begin_file(&decisions, "timestamp,group,action", 22);
    take("1700000001.250,web,up");
    archive_decisions_end(&decisions);
    ck_assert_ptr_nonnull(strstr(found(0), "\"current\":null,"));
    ck_assert_ptr_nonnull(strstr(found(0), "\"why\":null,"));
}
END_TEST

START_TEST(other_rows_are_skipped)
{
    strcpy(query.name, "web");
    take("1700000001.000,db,up,4,6,6,forecast,none,full,71.00,,\"db\"");
    take("1699999999.999,web,up,4,6,6,forecast,none,full,71.00,,\"web\"");
    take("1700003600.000,web,up,4,6,6,forecast,none,full,71.00,,\"web\"");
    take("1700000001.000,web,up,4,6,6,forecast,none,full,71.00,,\"web");
    take("garbage");
    archive_decisions_begin_file(&decisions, "\"", 1);
    take_at(1, 1);
    archive_decisions_end(&decisions);
    ck_assert_uint_eq(decisions.count, 0);
    ck_assert(!decisions.more);
}
END_TEST

START_TEST(actions_can_be_chosen)
{
    query.actions = 1U << ACTION_UP | 1U << ACTION_DOWN;
    take_at(1, 1);
    take("1700000002.000,web,down,4,3,3,reactive,none,full,21.00,,\"web\"");
    take_at(3, 1);
    archive_decisions_end(&decisions);
    ck_assert_uint_eq(decisions.count, 1);
    ck_assert_ptr_nonnull(strstr(found(0), "\"action\":\"down\""));
}
END_TEST

START_TEST(the_newest_are_kept_in_order)
{
    for (unsigned i = 0; i < 20; i++)
        take_at(100 + i, i);
    archive_decisions_begin_file(&decisions, HEADER, strlen(HEADER)); /* an older file */
    for (unsigned i = 0; i < 5; i++)
        take_at(i, 90);
    archive_decisions_end(&decisions);
    ck_assert_uint_eq(decisions.count, 3);
    ck_assert(decisions.more);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(decisions.found[i].time_ms, FROM_MS + (117 + i) * 1000);
}
END_TEST

START_TEST(rows_of_one_time_stay_in_order)
{
    take_at(5, 2);
    take_at(5, 3);
    archive_decisions_begin_file(&decisions, HEADER, strlen(HEADER)); /* an older file */
    take_at(5, 1);
    archive_decisions_end(&decisions);
    for (unsigned i = 0; i < 3; i++) {
        char current[32];
        snprintf(current, sizeof current, "\"current\":%u,", i + 1);
        ck_assert_ptr_nonnull(strstr(found(i), current));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("archive decisions");
    TCase *tcase = tcase_create("archive decisions");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, a_decision_is_an_object);
    tcase_add_test(tcase, a_file_may_lack_columns);
    tcase_add_test(tcase, other_rows_are_skipped);
    tcase_add_test(tcase, actions_can_be_chosen);
    tcase_add_test(tcase, the_newest_are_kept_in_order);
    tcase_add_test(tcase, rows_of_one_time_stay_in_order);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
