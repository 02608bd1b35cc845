#include "collector/archive/archive_nodes.h"

#include "support/suite.h"

#include <string.h>

#define FROM_MS INT64_C(1700000000000)

static struct archive_query query;
static struct archive_buckets buckets;
static struct archive_nodes nodes;

static void begin(void)
{
    query = (struct archive_query){.kind = ARCHIVE_NODE,
                                   .name = "n-1",
                                   .from_ms = FROM_MS,
                                   .to_ms = FROM_MS + 60000,
                                   .columns = {METRIC_CPU, METRIC_DISK_READ},
                                   .column_count = 2};
    ck_assert_int_eq(archive_buckets_init(&buckets, &query), 0);
    archive_nodes_init(&nodes, &query, &buckets);
}

static void end(void)
{
    archive_buckets_deinit(&buckets);
}

static void take(const char *node, int64_t after_s, double cpu, uint64_t read, uint64_t instance)
{
    struct sample sample = {.seq = 1 + (uint64_t)after_s,
                            .time_ms = FROM_MS + after_s * 1000,
                            .uptime_ms = (uint64_t)(5000 + after_s * 1000)};
    char line[CSV_LINE_MAX];

    sample_set_gauge(&sample, METRIC_CPU, cpu);
    sample_set_counter(&sample, METRIC_DISK_READ, read);
    size_t len = csv_put_row(node, "web", instance, &sample, line);
    archive_nodes_take(&nodes, line, len - 1);
}

static const struct archive_bucket *bucket(int64_t after_s, unsigned column)
{
    return archive_buckets_get(&buckets, archive_buckets_at(&buckets, FROM_MS + after_s * 1000), column);
}

START_TEST(samples_of_the_node_are_taken)
{
    take("n-1", 1, 40, 0, 7);
    take("n-10", 2, 99, 0, 8);
    take("n", 2, 99, 0, 9);
    archive_nodes_take(&nodes, "n-1,", 4);
    archive_nodes_take(&nodes, "", 0);
    ck_assert_uint_eq(bucket(1, 0)->count, 1);
    ck_assert_double_eq(bucket(1, 0)->sum, 40);
    ck_assert_uint_eq(bucket(2, 0)->count, 0);
}
END_TEST

START_TEST(only_what_is_asked_for_counts)
{
    take("n-1", -1, 40, 0, 7);
    take("n-1", 60, 40, 0, 7);
    for (unsigned at = 0; at < buckets.count; at++)
        ck_assert(archive_buckets_is_empty(&buckets, at));
}
END_TEST

START_TEST(counters_become_rates)
{
    take("n-1", -2, 1, 1000, 7); /* earlier than asked for, and needed for the rate */
    take("n-1", 2, 1, 5000, 7);
    ck_assert_double_eq(bucket(2, 1)->sum, 1000);
    take("n-1", 3, 1, 4000, 7); /* it fell */
    ck_assert_uint_eq(bucket(3, 1)->count, 0);
    take("n-1", 4, 1, 9000, 8); /* another run */
    ck_assert_uint_eq(bucket(4, 1)->count, 0);
    archive_nodes_begin_file(&nodes);
    take("n-1", 5, 1, 9500, 8); /* another file */
    ck_assert_uint_eq(bucket(5, 1)->count, 0);
    take("n-1", 5, 1, 9900, 8); /* no time has passed */
    ck_assert_uint_eq(bucket(5, 1)->count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("archive nodes");
    TCase *tcase = tcase_create("archive nodes");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, samples_of_the_node_are_taken);
    tcase_add_test(tcase, only_what_is_asked_for_counts);
    tcase_add_test(tcase, counters_become_rates);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
