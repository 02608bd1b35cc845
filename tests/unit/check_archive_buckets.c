#include "collector/archive/archive_buckets.h"

#include "support/suite.h"

#include <math.h>

static struct archive_buckets buckets;

static void begin(int64_t from_ms, int64_t to_ms)
{
    const struct archive_query query = {
        .kind = ARCHIVE_NODE, .from_ms = from_ms, .to_ms = to_ms, .columns = {0, 1}, .column_count = 2};

    ck_assert_int_eq(archive_buckets_init(&buckets, &query), 0);
}

START_TEST(a_bucket_has_mean_lowest_and_highest)
{
    begin(1000, 3000);
    unsigned at = archive_buckets_at(&buckets, 2999);
    ck_assert_uint_eq(at, 1);
    archive_buckets_add(&buckets, at, 1, 4.0);
    archive_buckets_add(&buckets, at, 1, -2.0);
    archive_buckets_add(&buckets, at, 1, NAN);
    archive_buckets_add(&buckets, at, 1, 1.0);
    const struct archive_bucket *bucket = archive_buckets_get(&buckets, at, 1);
    ck_assert_uint_eq(bucket->count, 3);
    ck_assert_double_eq(bucket->sum, 3.0);
    ck_assert_double_eq(bucket->low, -2.0);
    ck_assert_double_eq(bucket->high, 4.0);
    ck_assert_uint_eq(archive_buckets_get(&buckets, at, 0)->count, 0);
    ck_assert(archive_buckets_is_empty(&buckets, 0));
    ck_assert(!archive_buckets_is_empty(&buckets, 1));
    archive_buckets_deinit(&buckets);
}
END_TEST

START_TEST(statistics_can_be_set)
{
    begin(1000, 3000);
    archive_buckets_set(&buckets, 1, 0, ARCHIVE_MEAN, 5.0);
    archive_buckets_set(&buckets, 1, 0, ARCHIVE_HIGHEST, 9.0);
    archive_buckets_set(&buckets, 1, 0, ARCHIVE_LOWEST, 2.0);
    const struct archive_bucket *bucket = archive_buckets_get(&buckets, 1, 0);
    ck_assert_uint_eq(bucket->count, 1);
    ck_assert_double_eq(bucket->sum, 5.0);
    ck_assert_double_eq(bucket->low, 2.0);
    ck_assert_double_eq(bucket->high, 9.0);
    archive_buckets_deinit(&buckets);
}
END_TEST

START_TEST(buckets_begin_at_round_times)
{
    begin(3599999, 7200001); /* an hour and a little: 5 s each */
    ck_assert_int_eq(buckets.step_ms, 5000);
    ck_assert_int_eq(buckets.begin_ms, 3595000);
    ck_assert_uint_eq(buckets.count, 722);
    ck_assert_uint_eq(archive_buckets_at(&buckets, 3594999), buckets.count);
    ck_assert_uint_eq(archive_buckets_at(&buckets, 3595000), 0);
    ck_assert_uint_eq(archive_buckets_at(&buckets, 7200000), 721);
    ck_assert_uint_eq(archive_buckets_at(&buckets, 7205000), buckets.count);
    ck_assert_uint_eq(archive_buckets_at(&buckets, INT64_MIN), buckets.count);
    ck_assert_uint_eq(archive_buckets_at(&buckets, INT64_MAX), buckets.count);
    archive_buckets_deinit(&buckets);
}
END_TEST

START_TEST(there_are_never_too_many)
{
    for (int64_t range_ms = 1; range_ms < INT64_C(200000000000); range_ms = range_ms * 3 / 2 + 1) {
        begin(1234567, 1234567 + range_ms);
        ck_assert_uint_le(buckets.count, ARCHIVE_BUCKETS_MAX);
        ck_assert_uint_lt(archive_buckets_at(&buckets, 1234567), buckets.count);
        ck_assert_uint_lt(archive_buckets_at(&buckets, 1234567 + range_ms - 1), buckets.count);
        archive_buckets_deinit(&buckets);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("archive buckets");
    TCase *tcase = tcase_create("archive buckets");

    tcase_add_test(tcase, a_bucket_has_mean_lowest_and_highest);
    tcase_add_test(tcase, statistics_can_be_set);
    tcase_add_test(tcase, buckets_begin_at_round_times);
    tcase_add_test(tcase, there_are_never_too_many);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
