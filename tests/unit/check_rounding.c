#include "common/rounding.h"

#include "common/random.h"
#include "support/suite.h"

#include <check.h>
#include <math.h>

START_TEST(numbers_round_as_round_has_it)
{
    static const double numbers[] = {0.0,    0.25,    0.49999999999999994, 0.5,     0.75,   1.5,
                                     2.5,    4.4e15,  4503599627370495.5,  0x1p52,  0x1p53, 0x1.8p53,
                                     0x1p64, 1.7e308, 0x1p-1074,           INFINITY};

    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        ck_assert(rounding_nearest(numbers[i]) == round(numbers[i]));
    ck_assert(isnan(rounding_nearest(NAN)));
}
END_TEST

START_TEST(numbers_of_any_size_round_as_round_has_it)
{
    uint64_t random = 1;

    for (unsigned i = 0; i < 100000; i++) {
        double number = ldexp((double)random_next(&random), -(int)(i % 70));
        ck_assert(rounding_nearest(number) == round(number));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rounding");
    TCase *tests = tcase_create("rounding");

    tcase_add_test(tests, numbers_round_as_round_has_it);
    tcase_add_test(tests, numbers_of_any_size_round_as_round_has_it);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
