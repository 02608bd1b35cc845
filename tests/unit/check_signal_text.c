#include "scaler/signal_text.h"

#include "common/writer.h"
#include "scaler/forecast.h"
#include "scaler/signal.h"
#include "support/suite.h"

static const struct {
    double value, per_node, bound; /* 0: no forecast */
    unsigned live;
    const char *text;
} loads[] = {
    {1410, 100, 1700, 8, "requests 1,410 of 800 now, 1,700 within 135 s"},
    {1410, 100, 0, 8, "requests 1,410 of 800 now"},
    {1234567.8, 1e6, 0, 2, "requests 1,234,568 of 2,000,000 now"},
    {999.4, 0.5, 999.6, 1, "requests 999.4 of 0.5 now, 1,000 within 135 s"},
    {0.012345, 56.25, 0, 1, "requests 0.01235 of 56.25 now"},
    {0, 100, 1.8e-10, 8, "requests 0 of 800 now, 0 within 135 s"},
    {1e16, 100, 0, 0, "requests 1e+16 of 0 now"},
};

START_TEST(a_load_is_written_with_what_the_nodes_carry)
{
    struct signal_observation signal = {
        .name = "requests", .value = loads[_i].value, .per_node = loads[_i].per_node, .forecast = true};
    struct forecast forecast = {.valid = loads[_i].bound > 0, .bound = loads[_i].bound, .horizon_ms = 135000};
    char text[128] = "";
    struct writer line = {.text = text, .size = sizeof text};

    signal_text_load(&line, &signal, loads[_i].live, &forecast);
    ck_assert_str_eq(text, loads[_i].text);
}
END_TEST

START_TEST(a_forecast_that_does_not_vote_is_left_out)
{
    struct signal_observation signal = {.name = "requests", .value = 10, .per_node = 5};
    struct forecast forecast = {.valid = true, .bound = 12, .horizon_ms = 135000};
    char text[128] = "";
    struct writer line = {.text = text, .size = sizeof text};

    signal_text_load(&line, &signal, 3, &forecast);
    ck_assert_str_eq(text, "requests 10 of 15 now");
}
END_TEST

START_TEST(a_limit_is_written_with_its_value)
{
    struct signal_observation signal = {.name = "p99", .kind = SIGNAL_LIMIT, .value = 0.31, .limit = 0.25};
    char text[128] = "";
    struct writer line = {.text = text, .size = sizeof text};

    signal_text_limit(&line, &signal);
    ck_assert_str_eq(text, "p99 0.31 now, limit 0.25");
    signal.state = SIGNAL_MISSING;
    ck_assert_str_eq(signal_text_absence(&signal), "missing");
    signal.state = SIGNAL_GONE;
    ck_assert_str_eq(signal_text_absence(&signal), "gone");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("signal_text");
    TCase *tcase = tcase_create("signal_text");

    tcase_add_loop_test(tcase, a_load_is_written_with_what_the_nodes_carry, 0, (int)(sizeof loads / sizeof *loads));
    tcase_add_test(tcase, a_forecast_that_does_not_vote_is_left_out);
    tcase_add_test(tcase, a_limit_is_written_with_its_value);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
