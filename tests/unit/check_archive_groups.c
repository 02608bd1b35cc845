#include "collector/archive/archive_groups.h"

#include "support/suite.h"

#include <string.h>

#define FROM_MS INT64_C(1700000000000)

static struct archive_query query;
static struct archive_buckets buckets;
static struct archive_groups groups;

static void begin(void)
{
    query = (struct archive_query){.kind = ARCHIVE_GROUP,
                                   .name = "web",
                                   .from_ms = FROM_MS,
                                   .to_ms = FROM_MS + 60000,
                                   .columns = {ARCHIVE_GROUP_DEMAND, ARCHIVE_GROUP_CPU, ARCHIVE_GROUP_APP_DEMAND},
                                   .column_count = 3};
    ck_assert_int_eq(archive_buckets_init(&buckets, &query), 0);
    archive_groups_init(&groups, &query, &buckets);
}

static void end(void)
{
    archive_buckets_deinit(&buckets);
}

static void begin_file(const char *header)
{
    archive_groups_begin_file(&groups, header, strlen(header));
}

static void take(const char *line)
{
    archive_groups_take(&groups, line, strlen(line));
}

static const struct archive_bucket *bucket(int64_t after_s, unsigned column)
{
    return archive_buckets_get(&buckets, archive_buckets_at(&buckets, FROM_MS + after_s * 1000), column);
}

START_TEST(a_forecast_has_its_interval_and_how_far_it_reaches)
{
    static const unsigned columns[] = {ARCHIVE_GROUP_FORECAST_LOW, ARCHIVE_GROUP_FORECAST_HIGH, ARCHIVE_GROUP_HORIZON};
    static const double expected[] = {5.5, 7.25, 120};

    for (unsigned i = 0; i < 3; i++)
        query.columns[i] = (uint8_t)columns[i];
    begin_file("timestamp,group,cpu_forecast_low,cpu_forecast_high,horizon_s,why");
    take("1700000001.000,web,5.5,7.25,120,\"\"");
    for (unsigned i = 0; i < 3; i++)
        ck_assert_double_eq(bucket(1, i)->sum, expected[i]);
}
END_TEST

START_TEST(columns_are_those_of_the_file)
{
    begin_file("timestamp,group,cpu_demand,cpu,order,why");
    take("1700000001.000,web,5.25,65.50,,\"web: holds, fine\"");
    ck_assert_double_eq(bucket(1, 0)->sum, 5.25);
    ck_assert_double_eq_tol(bucket(1, 1)->sum, 0.655, 1e-9);
    ck_assert_uint_eq(bucket(1, 2)->count, 0);
    begin_file("timestamp,group,app_demand,cpu_demand,why");
    take("1700000002.000,web,700,6,\"\"");
    ck_assert_double_eq(bucket(2, 0)->sum, 6);
    ck_assert_double_eq(bucket(2, 2)->sum, 700);
    begin_file("not ours");
    take("1700000003.000,web,700,6,\"\"");
    ck_assert_uint_eq(bucket(3, 0)->count, 0);
}
END_TEST

START_TEST(other_rows_are_skipped)
{
    begin_file("timestamp,group,cpu_demand,order");
    take("1700000001.000,db,5,");
    take("1699999999.999,web,5,");
    take("1700000060.000,web,5,");
    take("1700000001.000,web,5,\"");
    take("garbage");
    for (unsigned at = 0; at < buckets.count; at++)
        ck_assert(archive_buckets_is_empty(&buckets, at));
}
END_TEST

START_TEST(the_outcome_of_an_order_is_no_observation)
{
    begin_file("timestamp,group,cpu_demand,order");
    take("1700000001.000,web,5,intent");
    take("1700000001.100,web,99,accepted");
    take("1700000001.200,web,7,published");
    take("1700000001.300,web,99,given-up");
    ck_assert_uint_eq(bucket(1, 0)->count, 2);
    ck_assert_double_eq(bucket(1, 0)->sum, 12);
}
END_TEST

START_TEST(the_value_of_a_signal_is_found_by_its_name)
{
    archive_buckets_deinit(&buckets);
    ck_assert_int_eq(archive_query_take_columns(&query, "signal:jobs,live"), 0);
    ck_assert_int_eq(archive_buckets_init(&buckets, &query), 0);
    archive_groups_init(&groups, &query, &buckets);
    begin_file("timestamp,group,live,signals,why");
    take("1700000001.000,web,3,jobs=12.5 age=0.500 nodes=3;p99=0.2 age=1.000,\"\"");
    take("1700000002.000,web,3,more-jobs=7 age=0.500;jobs=1e3 age=0.500,\"\"");
    take("1700000003.000,web,3,jobs=missing,\"\"");
    take("1700000004.000,web,3,,\"\"");
    ck_assert_double_eq(bucket(1, 0)->sum, 12.5);
    ck_assert_double_eq(bucket(2, 0)->sum, 1000);
    ck_assert_uint_eq(bucket(3, 0)->count, 0);
    ck_assert_uint_eq(bucket(4, 0)->count, 0);
    ck_assert_double_eq(bucket(4, 1)->sum, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("archive groups");
    TCase *tcase = tcase_create("archive groups");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, columns_are_those_of_the_file);
    tcase_add_test(tcase, a_forecast_has_its_interval_and_how_far_it_reaches);
    tcase_add_test(tcase, other_rows_are_skipped);
    tcase_add_test(tcase, the_outcome_of_an_order_is_no_observation);
    tcase_add_test(tcase, the_value_of_a_signal_is_found_by_its_name);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
