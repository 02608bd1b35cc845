#include "common/histogram.h"

#include "common/random.h"
#include "support/cases.h"
#include "support/suite.h"

#include <stdlib.h>

static struct histogram histogram;

static void empty(void)
{
    histogram = (struct histogram){0};
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

START_TEST(an_empty_one_has_nothing)
{
    ck_assert_uint_eq(histogram_percentile(&histogram, 0.99), 0);
    ck_assert_uint_eq(histogram_wait(&histogram, 1000, 0.99), 0);
    ck_assert_uint_eq(histogram_wait(&histogram, 0, 0.99), 0);
}
END_TEST

START_TEST(every_value_is_found_again_within_a_sixteenth)
{
    for (uint64_t value = 0; value < UINT64_C(1) << HISTOGRAM_BITS; value += value / 97 + 1) {
        empty();
        histogram_add(&histogram, value, 1);
        ck_assert_uint_eq(histogram_percentile(&histogram, 0.5), value); /* cut at the maximum */
        histogram_add(&histogram, UINT64_MAX, 1);
        uint64_t found = histogram_percentile(&histogram, 0.5);
        ck_assert_uint_ge(found, value);
        ck_assert_uint_le(found, value < 32 ? value : value + value / 16);
    }
    ck_assert_uint_eq(histogram.max, (UINT64_C(1) << HISTOGRAM_BITS) - 1);
}
END_TEST

START_TEST(percentiles_are_those_of_the_sorted_values)
{
    static uint64_t values[10000];
    static const double shares[] = {0.0, 0.1, 0.5, 0.9, 0.99, 0.999};
    uint64_t state = 42;

    for (unsigned i = 0; i < 10000; i++) {
        values[i] = random_below(&state, UINT64_C(1) << random_below(&state, 30));
        histogram_add(&histogram, values[i], 1);
    }
    qsort(values, 10000, sizeof values[0], compare);
    for (unsigned i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        uint64_t exact = values[(unsigned)(shares[i] * 10000.0)];
        uint64_t found = histogram_percentile(&histogram, shares[i]);
        ck_assert_uint_ge(found, exact);
        ck_assert_uint_le(found, exact + exact / 16 + 1);
    }
    ck_assert_uint_eq(histogram_percentile(&histogram, 1.0), values[9999]);
}
END_TEST

START_TEST(a_value_can_count_many_times)
{
    histogram_add(&histogram, 10, 99);
    histogram_add(&histogram, 1000, 1);
    ck_assert_uint_eq(histogram.count, 100);
    ck_assert_uint_eq(histogram_percentile(&histogram, 0.98), 10);
    ck_assert_uint_eq(histogram_percentile(&histogram, 0.995), 1000);
}
END_TEST

/* 1,000 turns of 10, and one of 5,000: the latter is a thousandth of the turns, but a third of the time. */
START_TEST(a_wait_counts_the_time_and_not_the_turns)
{
    histogram_add(&histogram, 10, 1000);
    histogram_add(&histogram, 5000, 1);
    ck_assert_uint_eq(histogram_percentile(&histogram, 0.99), 10);
    /* Longer than w for 5,000 - w of 15,000 moments: a hundredth of them at w = 4,850. */
    ck_assert_uint_eq(histogram_wait(&histogram, 15000, 0.99), 4850);
    /* In a ten times longer time it is longer than w for 5,000 - w of 150,000: 3,500. */
    ck_assert_uint_eq(histogram_wait(&histogram, 150000, 0.99), 3500);
    /* And in a thousand times as long hardly anybody waits. */
    ck_assert_uint_eq(histogram_wait(&histogram, 15000000, 0.99), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("histogram");

    CASES_ADD(suite, "histogram", empty, NULL, an_empty_one_has_nothing, every_value_is_found_again_within_a_sixteenth,
              percentiles_are_those_of_the_sorted_values, a_value_can_count_many_times,
              a_wait_counts_the_time_and_not_the_turns);
    return suite_run(suite);
}
