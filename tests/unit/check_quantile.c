#include "offline/quantile.h"

#include "support/suite.h"

#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Against the definition, on values with many equals among them, in all kinds of order. */
START_TEST(quantile_is_that_of_the_sorted_values)
{
    enum { MOST = 300 };
    double values[MOST], sorted[MOST];

    for (size_t n = 1; n <= MOST; n += n < 20 ? 1 : 37) {
        for (size_t i = 0; i < n; i++)
            sorted[i] = values[i] = (double)(i * (size_t)(_i + 1) * 7919 % (_i == 3 ? 3 : 101));
        qsort(sorted, n, sizeof *sorted, ascending);
        for (unsigned percent = 0; percent <= 100; percent++) {
            double rank = percent / 100.0 * (double)(n - 1);
            size_t below = (size_t)rank;
            double above = below + 1 < n ? sorted[below + 1] : sorted[below];
            double expected = sorted[below] + (rank - (double)below) * (above - sorted[below]);
            ck_assert_double_eq_tol(quantile_of(values, n, percent / 100.0), expected, 1e-12);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("quantile");
    TCase *tests = tcase_create("quantile");

    tcase_add_loop_test(tests, quantile_is_that_of_the_sorted_values, 0, 4);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
