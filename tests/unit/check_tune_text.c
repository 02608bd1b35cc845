#include "offline/tune_text.h"

#include "support/suite.h"

#include <math.h>
#include <string.h>

static struct tune_search search;
static char text[TUNE_TEXT_MAX];

/* The present settings, and some that save nodes. */
static void begin(void)
{
    search = (struct tune_search){
        .load.limit = 0.8,
        .present.price = 12.0,
        .count = 2,
        .chosen = 1,
        .verdict = TUNE_BETTER,
        .present_above = 0.03,
        .candidates = {{.price = 12.0,
                        .high = 0.8,
                        .stabilization_ms = 300000,
                        .lead_time_ms = 120000,
                        .tuning = {.nodes = 10.0, .above = 0.01, .cost = 1.2},
                        .check = {.nodes = 20.0, .above = 0.02, .cost = 1.25}},
                       {.price = 6.0,
                        .high = 0.8,
                        .stabilization_ms = 60000,
                        .lead_time_ms = 120000,
                        .tuning = {.nodes = 9.0, .above = 0.01, .cost = 1.08},
                        .check = {.nodes = 19.0, .above = 0.0125, .cost = 1.0}}},
    };
}

START_TEST(settings_name_what_changes)
{
    tune_text_settings(&search, &search.candidates[1], text, sizeof text);
    ck_assert_str_eq(text, "price 6, stabilization 1m");
    tune_text_settings(&search, &search.candidates[0], text, sizeof text);
    ck_assert_str_eq(text, "price 12, cpu-high 80%, stabilization 5m, lead-time 2m");
    tune_text_config(&search, &search.candidates[1], text, sizeof text);
    ck_assert_str_eq(text, "price = 6\nstabilization = 1m\n");
}
END_TEST

START_TEST(better_settings)
{
    tune_text_verdict(&search, text, sizeof text);
    ck_assert_str_eq(text,
                     "On the rest of the load, which the search had not seen, these settings have 5.0 % fewer nodes, "
                     "and utilisation is above 80 % for 1.25 % of the time instead of 2.00 %. Together, at a price of "
                     "12, they cost 20.0 % less.");
    search.candidates[1].check = (struct tune_score){.nodes = 20.001, .above = 0.02, .cost = 1.0};
    tune_text_verdict(&search, text, sizeof text);
    ck_assert_ptr_nonnull(
        strstr(text, "have as many nodes, and utilisation is above 80 % for 2.00 % of the time, as before."));
    search.candidates[1].check.nodes = 21.0;
    tune_text_verdict(&search, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "have 5.0 % more nodes"));
}
END_TEST

static const struct {
    double cost;
    double above;
    const char *reason;
} refuted[] = {
    {1.5, 0.0125, "cost 10.0 % less there, but 20.0 % more on the rest of the load."},
    {1.225, 0.03, "the 2.0 % that they save on the rest of the load are within the noise."},
    {1.0, 0.04,
     "on the rest the present settings do better with as many nodes, at another price: above 80 % for 3.00 % of the "
     "time "
     "instead of 4.00 %."},
};

START_TEST(refuted_settings)
{
    search.verdict = TUNE_REFUTED;
    search.candidates[1].check.cost = refuted[_i].cost;
    search.candidates[1].check.above = refuted[_i].above;
    tune_text_verdict(&search, text, sizeof text);
    ck_assert_ptr_nonnull(
        strstr(text, "keep the present ones. The best on the first part, price 6, stabilization 1m,"));
    ck_assert_msg(strstr(text, refuted[_i].reason) != NULL, "%s", text);
}
END_TEST

START_TEST(no_settings)
{
    search.verdict = TUNE_NONE;
    search.chosen = 0;
    tune_text_verdict(&search, text, sizeof text);
    ck_assert_str_eq(text,
                     "No better settings were found: keep the present ones. Of the 1 that were tried, none saves more "
                     "than the noise on the first part of the load.");
}
END_TEST

START_TEST(texts_are_cut)
{
    char small[16];

    tune_text_verdict(&search, small, sizeof small);
    ck_assert_str_eq(small, "On the rest of ");
    tune_text_settings(&search, &search.candidates[0], small, sizeof small);
    ck_assert_uint_lt(strlen(small), sizeof small);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tune_text");
    TCase *tests = tcase_create("tune_text");

    tcase_add_checked_fixture(tests, begin, NULL);
    tcase_add_test(tests, settings_name_what_changes);
    tcase_add_test(tests, better_settings);
    tcase_add_loop_test(tests, refuted_settings, 0, sizeof refuted / sizeof *refuted);
    tcase_add_test(tests, no_settings);
    tcase_add_test(tests, texts_are_cut);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
