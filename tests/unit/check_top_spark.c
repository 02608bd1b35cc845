#include "cli/top/top_spark.h"

#include "support/screen_text.h"
#include "support/suite.h"

#include <math.h>

static struct top_screen screen;

static const char *draw(const float *values, unsigned count, double full, unsigned width)
{
    const struct top_series series = {.values = values, .count = count, .full = full};

    top_screen_clear(&screen, 12, 1);
    top_spark_put(&screen, 0, 1, width, TOP_STYLE_PLAIN, &series);
    return screen_text_row(&screen, 0);
}

START_TEST(the_height_of_a_bar_is_its_share_of_the_full_value)
{
    static const float values[] = {0, 0.124F, 0.126F, 0.5F, 0.99F, 1, 1.7F, -1};

    ck_assert_str_eq(draw(values, 8, 1, 8), " 11258881");
}
END_TEST

START_TEST(no_value_is_unlike_the_lowest_bar)
{
    static const float values[] = {0, NAN, INFINITY, 0};

    ck_assert_str_eq(draw(values, 4, 1, 4), " 1  1");
}
END_TEST

START_TEST(the_newest_values_are_at_the_right_end)
{
    static const float values[] = {0, 12.5F, 25, 100};

    ck_assert_str_eq(draw(values, 4, 100, 8), "     1238");
    ck_assert_str_eq(draw(values, 4, 100, 2), " 38");
    ck_assert_str_eq(draw(values, 0, 100, 8), "");
}
END_TEST

START_TEST(without_a_full_value_bars_are_low)
{
    static const float values[] = {0, 5};

    ck_assert_str_eq(draw(values, 2, 0, 2), " 11");
    ck_assert_str_eq(draw(values, 2, NAN, 2), " 11");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("top_spark");
    TCase *tests = tcase_create("top_spark");

    tcase_add_test(tests, the_height_of_a_bar_is_its_share_of_the_full_value);
    tcase_add_test(tests, no_value_is_unlike_the_lowest_bar);
    tcase_add_test(tests, the_newest_values_are_at_the_right_end);
    tcase_add_test(tests, without_a_full_value_bars_are_low);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
