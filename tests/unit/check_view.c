/* Text that is wrapped, times and ages. */
#include "cli/view.h"

#include "support/suite.h"

#include <string.h>

static char *text;
static size_t len;
static struct view view;

static void begin(void)
{
    view = (struct view){.out = open_memstream(&text, &len), .to_local = gmtime_r};
}

static void end(void)
{
    (void)fclose(view.out);
    free(text);
}

static const char *printed(void)
{
    (void)fflush(view.out);
    return text;
}

START_TEST(a_time_has_its_date_and_zone)
{
    char when[VIEW_TIME_LEN];

    view_time(&view, 1795888800999, when);
    ck_assert_str_eq(when, "2026-11-28 18:00:00 GMT");
}
END_TEST

START_TEST(an_age_is_in_whole_units)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {{-5, "0 s"}, {999, "0 s"}, {59999, "59 s"}, {125000, "2 min"}, {7300000, "2 h"}, {180000000, "2 d"}};
    char age[VIEW_AGE_LEN];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        view_age(rows[i].ms, age);
        ck_assert_str_eq(age, rows[i].text);
    }
}
END_TEST

START_TEST(text_is_wrapped_between_words_and_indented)
{
    view.width = 30;
    (void)fprintf(view.out, "note  ");
    ck_assert_uint_eq(view_wrap(&view, 6, "three of the twenty nodes \xc3\xbc\xc3\xbc are missing"), 2);
    ck_assert_str_eq(printed(), "note  three of the twenty\n      nodes \xc3\xbc\xc3\xbc are missing\n");
    ck_assert_uint_eq(view_wrapped_lines(&view, 6, "three of the twenty nodes \xc3\xbc\xc3\xbc are missing"), 2);
}
END_TEST

START_TEST(a_text_may_fill_the_width_but_not_exceed_it)
{
    view.width = 24;
    ck_assert_uint_eq(view_wrap(&view, 0, "0123456789 012345678 012"), 1);
    ck_assert_uint_eq(view_wrap(&view, 0, "0123456789 012345678 0123"), 2);
    ck_assert_uint_eq(view_wrap(&view, 0, "01234567890123456789012345 0123"), 2); /* a word that is too long */
    ck_assert_uint_eq(view_wrap(&view, 0, ""), 1);
}
END_TEST

START_TEST(without_a_width_nothing_is_wrapped_and_without_colours_nothing_is_coloured)
{
    view_colour(&view, VIEW_RED);
    ck_assert_uint_eq(view_wrap(&view, 2, "three of the twenty nodes are missing, and that is a long sentence"), 1);
    ck_assert_str_eq(printed(), "three of the twenty nodes are missing, and that is a long sentence\n");
    view.has_colours = true;
    view_colour(&view, VIEW_RED);
    ck_assert_ptr_nonnull(strstr(printed(), "\n\033[1;31m"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("view");
    TCase *tests = tcase_create("view");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, a_time_has_its_date_and_zone);
    tcase_add_test(tests, an_age_is_in_whole_units);
    tcase_add_test(tests, text_is_wrapped_between_words_and_indented);
    tcase_add_test(tests, a_text_may_fill_the_width_but_not_exceed_it);
    tcase_add_test(tests, without_a_width_nothing_is_wrapped_and_without_colours_nothing_is_coloured);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
