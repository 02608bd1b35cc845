#include "offline/tune_picture.h"

#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tune_search search;
static char *text;
static size_t size;

static void on_text(const char *piece, size_t len, void *arg)
{
    ck_assert_uint_eq(fwrite(piece, 1, len, arg), len);
}

static void draw(void)
{
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    tune_picture_write(&search, "web", &(struct svg){.on_text = on_text, .arg = out});
    ck_assert_int_eq(fclose(out), 0);
}

static size_t count(const char *part)
{
    size_t n = 0;

    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        n++;
    return n;
}

static void begin(void)
{
    search = (struct tune_search){.load.limit = 0.8, .count = 4};
    for (unsigned i = 0; i < 4; i++)
        search.candidates[i] = (struct tune_candidate){.price = 12.0 + i,
                                                       .high = 0.8,
                                                       .stabilization_ms = 300000,
                                                       .lead_time_ms = 120000,
                                                       .tuning = {.nodes = 10.0 + i, .above = 0.02 / (i + 1)},
                                                       .check = {.nodes = 20.0 - i, .above = 0.01 / (i + 1)},
                                                       .is_shown = i < 3,
                                                       .is_checked = true};
}

static void end(void)
{
    free(text);
}

START_TEST(both_parts_are_drawn)
{
    search.chosen = 2;
    search.verdict = TUNE_BETTER;
    draw();
    ck_assert_uint_eq(count("<title>"), 2 * 3); /* of three candidates: the fourth is not shown */
    ck_assert_uint_eq(count("<title>price 14</title>"), 2);
    ck_assert_uint_eq(count("r=\"10\""), 2);
    ck_assert_uint_eq(count(">recommended<"), 1);
    ck_assert_uint_eq(count("class=\"text\" text-anchor=\"end\">price 14<"), 1);
    ck_assert_ptr_nonnull(strstr(text, ">time above 80 %<"));
    ck_assert_ptr_nonnull(strstr(text, ">1 %<"));
}
END_TEST

START_TEST(without_a_choice_none_is_marked)
{
    search.verdict = TUNE_NONE;
    draw();
    ck_assert_uint_eq(count("r=\"10\""), 0);
    ck_assert_uint_eq(count(">recommended<"), 0);
    ck_assert_uint_eq(count("no better settings were found"), 1);
}
END_TEST

START_TEST(a_refuted_choice_is_no_recommendation)
{
    search.chosen = 1;
    search.verdict = TUNE_REFUTED;
    draw();
    ck_assert_uint_eq(count(">recommended<"), 0);
    ck_assert_uint_eq(count("not confirmed"), 1);
    ck_assert_uint_eq(count("no better settings were found"), 1);
}
END_TEST

/* No time above the limit at all, or nearly all of it; no difference in nodes. */
START_TEST(extremes_stay_in_the_drawing)
{
    for (unsigned i = 0; i < 4; i++) {
        search.candidates[i].tuning = (struct tune_score){.nodes = 5.0, .above = _i == 0 ? 0.0 : 1.0};
        search.candidates[i].check = (struct tune_score){.nodes = 5.0, .above = _i == 0 ? 0.0 : i / 3.0};
    }
    draw();
    ck_assert_uint_eq(count("nan"), 0);
    ck_assert_uint_eq(count("inf"), 0);
    for (const char *at = text; (at = strstr(at, " cy=\"")) != NULL; at++) {
        double y = strtod(at + 5, NULL);
        ck_assert(y >= 100.0 && y <= 520.0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tune_picture");
    TCase *tests = tcase_create("tune_picture");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, both_parts_are_drawn);
    tcase_add_test(tests, without_a_choice_none_is_marked);
    tcase_add_test(tests, a_refuted_choice_is_no_recommendation);
    tcase_add_loop_test(tests, extremes_stay_in_the_drawing, 0, 2);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
